"""The part of the API the frontend answers itself: the live stream and the documentation."""

from pathlib import Path

from fastapi import APIRouter, Request
from starlette.responses import FileResponse, Response, StreamingResponse

from frontend_service.callers import caller
from frontend_service.edge import PREFIX
from frontend_service.live import Hub
from servicekit.errors import TooManyRequests

SPECIFICATION = Path(__file__).parent / "openapi.json"
LEAST_SECONDS = 5
"""A stream ends with the token; it would not be worth beginning."""
LATER = {"Retry-After": "5"}
NO_BUFFERING = {"cache-control": "no-store", "x-accel-buffering": "no"}

router = APIRouter(include_in_schema=False)


@router.get(f"{PREFIX}/stream")
async def stream(request: Request) -> Response:
    """Server-Sent Events of everything that happens to the user's tasks and inbox."""
    headers = dict(NO_BUFFERING)
    principal = await caller(request, headers, good_for=LEAST_SECONDS)
    last_seen = request.headers.get("last-event-id", "")
    hub: Hub = request.app.state.hub
    if hub.is_full(principal.user_id):
        raise TooManyRequests("Too many streams are open.", code="too-many-streams", headers=LATER)
    events = hub.listen(principal.user_id, last_seen, principal.expires_at)
    return StreamingResponse(events, headers=headers, media_type="text/event-stream")


@router.get(f"{PREFIX}/openapi.json")
async def specification() -> Response:
    return FileResponse(SPECIFICATION, media_type="application/json")
