"""HTTP in: the stream of live events, which the frontend answers itself."""

from typing import Annotated

from fastapi import Header, Request, Security
from fastapi.routing import APIRoute
from starlette.responses import Response, StreamingResponse

from frontend_service.container import ContainerDep
from frontend_service.gateway.authentication import authenticate, bearer
from frontend_service.gateway.upstreams import STREAM
from servicekit.errors import TooManyRequests
from servicekit.security.auth import API_PREFIX
from servicekit.web.routes import create_router, reject_unknown_parameters

MIN_STREAM_SECONDS = 5
"""A stream ends with the token; it would not be worth beginning."""
RETRY_LATER = {"Retry-After": "5"}
NO_BUFFERING = {"cache-control": "no-store", "x-accel-buffering": "no"}

LastEventId = Annotated[str, Header(description="the `id` of the last event that was seen")]

live_router = create_router(prefix=API_PREFIX, tags=["live"], route_class=APIRoute)


@live_router.get(
    STREAM,
    response_class=Response,
    responses={
        200: {"description": "Events", "content": {"text/event-stream": {"schema": {"type": "string"}}}}
    },
    dependencies=[Security(bearer, scopes=["tasks:read", "notifications:read"])],
)
async def stream(request: Request, container: ContainerDep, last_event_id: LastEventId = "") -> Response:
    """Stream live events.

    Server-Sent Events of everything that happens to the user's tasks and inbox.

    After `Last-Event-ID` come those that were missed, or `reset` if they are not known any more: read
    everything again. The stream ends with the token.
    """
    reject_unknown_parameters(request, frozenset())
    headers = dict(NO_BUFFERING)
    principal = await authenticate(request, headers, good_for=MIN_STREAM_SECONDS)
    broker = container.broker
    if broker.is_full(principal.user_id):
        raise TooManyRequests("Too many streams are open.", code="too-many-streams", headers=RETRY_LATER)
    events = broker.subscribe(principal.user_id, last_event_id, principal.expires_at)
    return StreamingResponse(events, headers=headers, media_type="text/event-stream")
