"""Plain reads past the framework: a response in bytes, without solved dependencies and checked models.

The route of FastAPI stays, for the OpenAPI document and for every request that asks for more. A quick read
stands before all routes, within all middleware, and has to give what its route would give.
"""

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

import orjson
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

from servicekit.security.auth import Principal, get_current_user
from servicekit.web.ids import UUID

NO_QUERY = ""
"""The query of who asks for nothing special."""

Read = Callable[[Request, Principal], Awaitable[Response]]


class FastRead(BaseRoute):
    """Answers GET for `route`, with no other queries than `reads` has, to an account.

    reads: by the query string, to the letter, what it asks for. The path may have an `{id}`.
    """

    def __init__(self, route: APIRoute, reads: Mapping[str, Read]) -> None:
        self.route = route
        self.reads = {query.encode(): read for query, read in reads.items()}
        self._path = re.compile(re.escape(route.path).replace(r"\{id\}", f"(?P<id>{UUID})"))

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        is_read = scope["type"] == "http" and scope["method"] == "GET"
        found = is_read and scope["query_string"] in self.reads and self._path.fullmatch(scope["path"])
        if not found:
            return Match.NONE, {}
        return Match.FULL, {"path_params": found.groupdict(), "route": self.route}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        user = await get_current_user(request)
        async with request.app.state.database.request_slots:
            response = await self.reads[scope["query_string"]](request, user)
        await response(scope, receive, send)


def create_fast_reads(routes: Iterable[BaseRoute], **reads: Mapping[str, Read]) -> list[BaseRoute]:
    """Quick reads for some of the `routes`, by their names."""
    found = {route.name: route for route in routes if isinstance(route, APIRoute)}
    return [FastRead(found[name], each) for name, each in reads.items()]


def render_json(content: Any, headers: Mapping[str, str] | None = None) -> Response:
    """The response of a route with a model that has this content; instants are in UTC."""
    return Response(orjson.dumps(content, option=orjson.OPT_UTC_Z), 200, headers, "application/json")
