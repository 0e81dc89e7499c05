"""Plain reads past the framework: an answer in bytes, without solved dependencies and checked models.

The route of FastAPI stays, for the OpenAPI document and for every request that asks for more. A quick read
stands before all routes, within all middleware, and has to give what its route would give.
"""

import re
from collections.abc import Awaitable, Callable, Iterable

from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

from servicekit.auth import Principal, current_user
from servicekit.ids import UUID

Read = Callable[[Request, Principal], Awaitable[Response]]


class QuickRead(BaseRoute):
    """Answers GET without a query, for `route`, to an account; its path may have an `{id}`."""

    def __init__(self, route: APIRoute, read: Read) -> None:
        self.route = route
        self._read = read
        self._path = re.compile(re.escape(route.path).replace(r"\{id\}", f"(?P<id>{UUID})"))

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if scope["type"] != "http" or scope["method"] != "GET" or scope["query_string"]:
            return Match.NONE, {}
        found = self._path.fullmatch(scope["path"])
        if found is None:
            return Match.NONE, {}
        return Match.FULL, {"path_params": found.groupdict(), "route": self.route}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        user = await current_user(request)
        async with request.app.state.database.for_requests:
            response = await self._read(request, user)
        await response(scope, receive, send)


def quick(routes: Iterable[BaseRoute], **reads: Read) -> list[BaseRoute]:
    """Quick reads for some of the `routes`, by their names."""
    found = {route.name: route for route in routes if isinstance(route, APIRoute)}
    return [QuickRead(found[name], read) for name, read in reads.items()]
