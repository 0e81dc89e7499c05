"""HTTP in: the export of an account."""

from collections.abc import AsyncIterator

from fastapi import Request
from fastapi.routing import APIRoute
from starlette.responses import Response

from frontend_service.account_export.contents import Piece, pieces
from frontend_service.account_export.download import MOST_SECONDS, Download
from frontend_service.account_export.turns import Turns
from frontend_service.clients.service_client import Backend
from frontend_service.gateway.api_gateway import PREFIX, is_same_origin
from frontend_service.gateway.authentication import caller
from frontend_service.gateway.upstreams import EXPORT
from servicekit.errors import Forbidden
from servicekit.web.routes import create_router, reject_unknown_parameters

READ_SECONDS = 20.0
"""For a page, which can have some megabytes."""

exports = create_router(prefix=PREFIX, tags=["account"], route_class=APIRoute)


@exports.get(
    EXPORT,
    response_class=Response,
    responses={200: {"description": "A ZIP file", "content": {"application/zip": {}}}},
)
async def export_account(request: Request) -> Response:
    """Everything that is kept of the account, as a ZIP file; one at a time.

    It is made while it is sent. A file that broke off in the middle opens nowhere; ask again.
    """
    reject_unknown_parameters(request, frozenset())
    if "authorization" not in request.headers and not is_same_origin(dict(request.headers)):
        raise Forbidden("This request comes from another site.", code="cross-site")
    headers: dict[str, str] = {}
    user = await caller(request, headers, good_for=MOST_SECONDS)
    state = request.app.state
    turns: Turns = state.exports
    turns.take(user.user_id)
    try:
        backend = Backend(state.sidecar, state.breakers, user.token, READ_SECONDS)
        begun = await _begun(pieces(backend))
    except BaseException:
        turns.give_back(user.user_id)
        raise
    return Download(begun, turns, user.user_id, headers)


async def _begun(rest: AsyncIterator[Piece]) -> AsyncIterator[Piece]:
    """All pieces, the first of which is there: what fails until then is answered with a status."""
    first = await anext(rest)

    async def every() -> AsyncIterator[Piece]:
        yield first
        async for piece in rest:
            yield piece

    return every()
