"""The part of the API the frontend answers itself: the live stream and the documentation."""

from pathlib import Path
from typing import Annotated

from fastapi import Header, Request
from fastapi.routing import APIRoute
from starlette.responses import FileResponse, Response, StreamingResponse

from frontend_service.gateway.api_gateway import PREFIX
from frontend_service.gateway.authentication import caller
from frontend_service.gateway.upstreams import STREAM
from frontend_service.live.broker import Hub
from servicekit.errors import TooManyRequests
from servicekit.web.routes import create_router, reject_unknown_parameters

SPECIFICATION = Path(__file__).parents[1] / "openapi.json"
LEAST_SECONDS = 5
"""A stream ends with the token; it would not be worth beginning."""
LATER = {"Retry-After": "5"}
NO_BUFFERING = {"cache-control": "no-store", "x-accel-buffering": "no"}

LastEventId = Annotated[str, Header(description="the `id` of the last event that was seen")]

own = create_router(prefix=PREFIX, tags=["live"], route_class=APIRoute)


@own.get(
    STREAM,
    response_class=Response,
    responses={
        200: {"description": "Events", "content": {"text/event-stream": {"schema": {"type": "string"}}}}
    },
)
async def stream(request: Request, last_event_id: LastEventId = "") -> Response:
    """Server-Sent Events of everything that happens to the user's tasks and inbox.

    After `Last-Event-ID` come those that were missed, or `reset` if they are not known any more: read
    everything again. The stream ends with the token.
    """
    reject_unknown_parameters(request, frozenset())
    headers = dict(NO_BUFFERING)
    principal = await caller(request, headers, good_for=LEAST_SECONDS)
    hub: Hub = request.app.state.hub
    if hub.is_full(principal.user_id):
        raise TooManyRequests("Too many streams are open.", code="too-many-streams", headers=LATER)
    events = hub.listen(principal.user_id, last_event_id, principal.expires_at)
    return StreamingResponse(events, headers=headers, media_type="text/event-stream")


@own.get("/openapi.json", include_in_schema=False)
async def specification() -> Response:
    return FileResponse(SPECIFICATION, media_type="application/json")
