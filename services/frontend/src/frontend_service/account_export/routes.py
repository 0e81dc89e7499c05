"""HTTP in: the export of an account."""

from collections.abc import AsyncIterator

from fastapi import Request, Security
from fastapi.routing import APIRoute
from starlette.responses import Response

from frontend_service.account_export.contents import Chunk, export_chunks
from frontend_service.account_export.download import MOST_SECONDS, ZipResponse
from frontend_service.container import ContainerDep
from frontend_service.gateway.authentication import authenticate, bearer
from frontend_service.gateway.csrf import require_same_origin
from frontend_service.gateway.upstreams import EXPORT
from servicekit.security.auth import API_PREFIX
from servicekit.web.routes import create_router, reject_unknown_parameters

READ_SECONDS = 20.0
"""For a page, which can have some megabytes."""

export_router = create_router(prefix=API_PREFIX, tags=["account"], route_class=APIRoute)


@export_router.get(
    EXPORT,
    response_class=Response,
    responses={200: {"description": "A ZIP file", "content": {"application/zip": {}}}},
    dependencies=[Security(bearer)],
)
async def export_account(request: Request, container: ContainerDep) -> Response:
    """Export the account.

    Everything that is kept of the account, as a ZIP file; one at a time.

    It is made while it is sent. A file that broke off in the middle opens nowhere; ask again.
    """
    reject_unknown_parameters(request, frozenset())
    if "authorization" not in request.headers:
        require_same_origin(request.headers)
    headers: dict[str, str] = {}
    user = await authenticate(request, headers, good_for=MOST_SECONDS)
    slots = container.export_slots
    slots.acquire(user.user_id)
    try:
        services = container.services_for(user.token, READ_SECONDS)
        started = await _start_export(export_chunks(services))
    except BaseException:
        slots.release(user.user_id)
        raise
    return ZipResponse(started, slots, user.user_id, headers)


async def _start_export(rest: AsyncIterator[Chunk]) -> AsyncIterator[Chunk]:
    """All chunks, the first of which is there: what fails until then is answered with a status."""
    first = await anext(rest)

    async def all_chunks() -> AsyncIterator[Chunk]:
        yield first
        async for chunk in rest:
            yield chunk

    return all_chunks()
