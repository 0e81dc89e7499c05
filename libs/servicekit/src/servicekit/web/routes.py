"""Routes with a transaction around each request, committed before the response is sent.

FastAPI runs dependencies with `yield` to their end only after the response, so a commit there could fail
after a 201. A router made with `create_router(...)` gives its routes:

* the session (`SessionDep`): a transaction for unsafe methods, with the `Principal` in its `info` for what
  records who did something; plain reads for GET;
* `Idempotency-Key` on unsafe methods and `If-None-Match` on GET;
* 422 for query parameters nobody declared, and for one that comes twice.
"""

from collections import Counter
from collections.abc import Callable, Coroutine, Set
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, params
from fastapi.dependencies.utils import get_flat_params
from fastapi.routing import APIRoute
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from servicekit.errors import Invalid, PreconditionFailed, ServiceError, Unauthenticated
from servicekit.persistence.database import Database
from servicekit.security.auth import can_read_content, get_current_user
from servicekit.web import idempotency
from servicekit.web.preconditions import apply_if_none_match

Endpoint = Callable[[Request], Coroutine[Any, Any, Response]]

_OF_CONTENT = ("content-length", "content-type")


class TransactionalRoute(APIRoute):
    """A route with a transaction around it."""

    only_reads = False

    def get_route_handler(self) -> Endpoint:
        endpoint = super().get_route_handler()
        fields = get_flat_params(self.dependant)
        declared = {field.alias for field in fields if isinstance(field.field_info, params.Query)}

        async def enter(request: Request) -> Response:
            reject_unknown_parameters(request, declared)
            if self.only_reads or request.method in ("GET", "HEAD"):
                return await _run_read(request, endpoint)
            try:
                response = await _run_write(request, endpoint)
            except PreconditionFailed as error:
                raise error if can_read_content(request) else error.without_content() from None
            return response if can_read_content(request) else _strip_content(request, response)

        return enter


class ReadOnlyRoute(TransactionalRoute):
    """A route that changes nothing, whatever its method: plain reads, and no key is kept."""

    only_reads = True


def create_router(
    *,
    tags: list[str],
    prefix: str = "",
    route_class: type[APIRoute] = TransactionalRoute,
) -> APIRouter:
    """A router; each of its routes names the scopes it needs, `Security(access_token, scopes=[…])`.

    route_class: `ReadOnlyRoute` if they change nothing, though a client sends a body with POST; `APIRoute`,
        so no transaction, for routes that wait for another service and must hold no lock meanwhile.
    """
    return APIRouter(prefix=prefix, tags=list(tags), route_class=route_class)


async def get_session(request: Request) -> AsyncSession:
    session: AsyncSession = request.state.session
    return session


SessionDep = Annotated[AsyncSession, Depends(get_session)]


def reject_unknown_parameters(request: Request, declared: Set[str]) -> None:
    """No route takes a list in its query: of two values one would be left out in silence."""
    for name, times in Counter(name for name, _ in request.query_params.multi_items()).items():
        if name not in declared:
            raise Invalid.field(f"?{name}", "There is no such query parameter.", code="unknown-parameter")
        if times > 1:
            raise Invalid.field(
                f"?{name}", "This query parameter may be given only once.", code="repeated-parameter"
            )


async def _run_read(request: Request, endpoint: Endpoint) -> Response:
    database: Database = request.app.state.database
    async with database.request_slots, database.reading() as session:
        request.state.session = session
        return apply_if_none_match(request, await endpoint(request))


async def _run_write(request: Request, endpoint: Endpoint) -> Response:
    database: Database = request.app.state.database
    claim = await idempotency.parse_claim(request, await _identify_owner(request))
    async with database.request_slots, database.transaction() as session:
        request.state.session = session
        session.info["principal"] = getattr(request.state, "principal", None)
        if claim is None:
            return await endpoint(request)
        earlier = await idempotency.claim_key(session, claim)
        if earlier is not None:
            return earlier
        response = await endpoint(request)
        await idempotency.store_response(session, claim, response)
    return response


def _strip_content(request: Request, response: Response) -> Response:
    """204 for a change of something that was there before; what a client made itself it may see."""
    changed = "{" in getattr(request.scope.get("route"), "path", "")
    if response.status_code != 200 or not changed:
        return response
    kept = {name: value for name, value in response.headers.items() if name not in _OF_CONTENT}
    return Response(status_code=204, headers=kept)


async def _identify_owner(request: Request) -> str:
    try:
        return (await get_current_user(request)).user_id
    except (Unauthenticated, ServiceError):
        return ""
