"""The door HTTP requests come in by: one transaction each, committed before the answer is sent.

A router made with `router(...)` gives its routes, without a word of theirs:

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

from servicekit import idempotency
from servicekit.auth import NEEDS_TOKEN, current_user, may_see_content
from servicekit.database import Database
from servicekit.errors import Invalid, PreconditionFailed, ServiceError, Unauthenticated
from servicekit.preconditions import if_none_match

Endpoint = Callable[[Request], Coroutine[Any, Any, Response]]

_OF_CONTENT = ("content-length", "content-type")
_PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {
        "description": title,
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for status, title in {
        400: "The body is not JSON",
        401: "A valid access token is needed",
        403: "This account may not do that",
        404: "There is nothing here, or it belongs to somebody else",
        409: "That contradicts what is stored",
        412: "It has changed since it was read",
        413: "The body is too large",
        414: "Path and query are too long",
        422: "The request is not valid",
        429: "Too many requests",
        431: "The headers are too large",
        503: "A part this request needs can't be reached",
    }.items()
}


class Door(APIRoute):
    """A route with a transaction around it."""

    only_reads = False

    def get_route_handler(self) -> Endpoint:
        endpoint = super().get_route_handler()
        fields = get_flat_params(self.dependant)
        declared = {field.alias for field in fields if isinstance(field.field_info, params.Query)}

        async def enter(request: Request) -> Response:
            refuse_strange(request, declared)
            if self.only_reads or request.method in ("GET", "HEAD"):
                return await _read(request, endpoint)
            try:
                response = await _write(request, endpoint)
            except PreconditionFailed as error:
                raise error if may_see_content(request) else error.without_content() from None
            return response if may_see_content(request) else _without_content(request, response)

        return enter


class ReadingDoor(Door):
    """A route that changes nothing, whatever its method: plain reads, and no key is kept."""

    only_reads = True


def router(
    *, tags: list[str], prefix: str = "", public: bool = False, route_class: type[APIRoute] = Door
) -> APIRouter:
    """A router whose routes need an access token unless they are `public`.

    route_class: `ReadingDoor` if they change nothing, though a client sends a body with POST; `APIRoute`,
        so no door, for routes that wait for another service and must hold no lock meanwhile.
    """
    return APIRouter(
        prefix=prefix,
        tags=list(tags),
        route_class=route_class,
        dependencies=[] if public else NEEDS_TOKEN,
        responses=_PROBLEMS,
    )


async def session_of(request: Request) -> AsyncSession:
    session: AsyncSession = request.state.session
    return session


SessionDep = Annotated[AsyncSession, Depends(session_of)]


def refuse_strange(request: Request, declared: Set[str]) -> None:
    """No route takes a list in its query: of two values one would be left out in silence."""
    for name, times in Counter(name for name, _ in request.query_params.multi_items()).items():
        if name not in declared:
            raise Invalid.field(f"?{name}", "There is no such query parameter.", code="unknown-parameter")
        if times > 1:
            raise Invalid.field(f"?{name}", "This query parameter comes twice.", code="repeated-parameter")


async def _read(request: Request, endpoint: Endpoint) -> Response:
    database: Database = request.app.state.database
    async with database.for_requests, database.reading() as session:
        request.state.session = session
        return if_none_match(request, await endpoint(request))


async def _write(request: Request, endpoint: Endpoint) -> Response:
    database: Database = request.app.state.database
    claim = await idempotency.claim_of(request, await _owner(request))
    async with database.for_requests, database.transaction() as session:
        request.state.session = session
        session.info["principal"] = getattr(request.state, "principal", None)
        if claim is None:
            return await endpoint(request)
        earlier = await idempotency.earlier_answer(session, claim)
        if earlier is not None:
            return earlier
        response = await endpoint(request)
        await idempotency.keep_answer(session, claim, response)
    return response


def _without_content(request: Request, response: Response) -> Response:
    """204 for a change of something that was there before; what a client made itself it may see."""
    changed = "{" in getattr(request.scope.get("route"), "path", "")
    if response.status_code != 200 or not changed:
        return response
    kept = {name: value for name, value in response.headers.items() if name not in _OF_CONTENT}
    return Response(status_code=204, headers=kept)


async def _owner(request: Request) -> str:
    try:
        return (await current_user(request)).user_id
    except (Unauthenticated, ServiceError):
        return ""
