"""Only the own sidecar may call: it shows the token that only it and the app were given."""

import secrets

from starlette.types import ASGIApp, Receive, Scope, Send

from servicekit.errors import Unauthenticated
from servicekit.problems import build_problem_response

OPEN = frozenset({"/healthz", "/readyz", "/metrics"})
CALLBACKS = ("/events/", "/dapr/", "/job/")
CALLER = "dapr-caller-app-id"
"""Header daprd adds to what another service asked for, and to nothing that Dapr itself asks."""
_CALLER = CALLER.encode()


class AppTokenMiddleware:
    """Answers 401 to a request without the app token (`APP_API_TOKEN`); off where none is set.

    callbacks_only: guard only what Dapr calls back (events, jobs), for an app that is public.
    """

    def __init__(self, app: ASGIApp, token: str, callbacks_only: bool) -> None:
        self._app = app
        self._token = token.encode()
        self._callbacks_only = callbacks_only

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not self._guards(scope["path"]) or self._may_call(scope):
            await self._app(scope, receive, send)
            return
        refusal = Unauthenticated("Only the sidecar of this service may call it.", code="app-token-missing")
        await build_problem_response(refusal)(scope, receive, send)

    def _guards(self, path: str) -> bool:
        if not self._token or path in OPEN:
            return False
        return path.startswith(CALLBACKS) if self._callbacks_only else True

    def _may_call(self, scope: Scope) -> bool:
        headers = dict(scope["headers"])
        if _CALLER in headers and scope["path"].startswith(CALLBACKS):
            return False
        return secrets.compare_digest(headers.get(b"dapr-api-token", b""), self._token)
