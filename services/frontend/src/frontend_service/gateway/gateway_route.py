"""How a request finds the API gateway: before any page is looked at, for most requests are for the API."""

from collections.abc import Set

from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Receive, Scope, Send

from frontend_service.gateway.upstreams import AGENTS
from servicekit.observability.metrics import HANDLER
from servicekit.security.auth import API_PREFIX

_BELOW = f"{API_PREFIX}/"


class GatewayRoute(BaseRoute):
    """Takes what is below the prefix of the API, and what agents ask.

    own: method and path of what the frontend answers itself.
    """

    def __init__(self, gateway: ASGIApp, own: Set[tuple[str, str]]) -> None:
        self._gateway = gateway
        self._own = own

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if scope["type"] != "http":
            return Match.NONE, {}
        path: str = scope["path"]
        if path.startswith(_BELOW):
            return (Match.NONE if (scope["method"], path) in self._own else Match.FULL), {}
        return (Match.FULL if path == AGENTS else Match.NONE), {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope[HANDLER] = AGENTS if scope["path"] == AGENTS else API_PREFIX
        await self._gateway(scope, receive, send)
