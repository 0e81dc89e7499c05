"""The part of the API the frontend answers itself: the live stream and the documentation."""

import time
from pathlib import Path

from fastapi import APIRouter, Request
from starlette.responses import FileResponse, Response, StreamingResponse

from frontend_service.api_tokens import is_api_token
from frontend_service.edge import PREFIX
from frontend_service.sessions import Sessions
from servicekit.auth import Principal, TokenVerifier, admit, bearer_token
from servicekit.errors import Unauthenticated

SPECIFICATION = Path(__file__).parent / "openapi.json"
NO_BUFFERING = {"cache-control": "no-store", "x-accel-buffering": "no"}

router = APIRouter(include_in_schema=False)


@router.get(f"{PREFIX}/stream")
async def stream(request: Request) -> Response:
    """Server-Sent Events of everything that happens to the user's tasks and inbox."""
    headers = dict(NO_BUFFERING)
    principal = await _listener(request, headers)
    last_seen = request.headers.get("last-event-id", "")
    events = request.app.state.hub.listen(principal.user_id, last_seen, principal.expires_at)
    return StreamingResponse(events, headers=headers, media_type="text/event-stream")


@router.get(f"{PREFIX}/openapi.json")
async def specification() -> Response:
    return FileResponse(SPECIFICATION, media_type="application/json")


async def _listener(request: Request, headers: dict[str, str]) -> Principal:
    """Who listens: by access token, by API token, or by the session of a browser."""
    if "authorization" in request.headers:
        token = bearer_token(request.headers["authorization"])
        if is_api_token(token):
            token = await request.app.state.api_tokens.access_token(token)
        return await admit(request, token)
    sessions: Sessions = request.app.state.sessions
    session = sessions.open(request.headers.get("cookie", ""))
    if session is None:
        raise Unauthenticated(code="token-missing")
    if session.expires_at - 5 < time.time():
        session = await sessions.renew(session)
        if session is None:
            raise Unauthenticated("This session has ended.", code="session-ended")
        headers["set-cookie"] = sessions.set_cookie(session)
    verifier: TokenVerifier = request.app.state.verifier
    return await verifier.verify(session.access_token)
