"""Prometheus metrics: HTTP by prometheus-fastapi-instrumentator, and what no HTTP metric shows."""

import asyncio
import re
from collections.abc import Callable
from time import perf_counter

from fastapi import FastAPI
from prometheus_client import Counter
from prometheus_fastapi_instrumentator import Instrumentator
from prometheus_fastapi_instrumentator.metrics import Info, default
from prometheus_fastapi_instrumentator.routing import get_route_name
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

EXEMPT_PATHS = re.compile("/healthz|/readyz|/metrics|/dapr/.*")
HANDLER = "todo.handler"
"""Key of the scope by which what is no route of FastAPI says the name it is counted by."""

INBOX_DUPLICATES = Counter("todo_inbox_duplicates_total", "Delivered events that were handled before")
DEAD_LETTERS = Counter("todo_dead_letters_total", "Events given up, by the topic they came from", ["topic"])

Observe = Callable[[Info], None]


def install_metrics(app: FastAPI) -> None:
    """Count and time requests by route template, and serve `/metrics`."""
    Instrumentator().expose(app, include_in_schema=False)
    observe = default()
    if observe:
        app.add_middleware(RouteMetrics, observe=observe)


CLIENT_GONE = 499
"""The status, in metrics, of what was given up because nobody waits for it: as NGINX has it."""


class RouteMetrics:
    """Notes each request, with the metrics of the instrumentator, by the route that took it.

    The instrumentator's own middleware looks for the route before the router does, through all of them:
    that cost more than the rest of a response.
    """

    def __init__(self, app: ASGIApp, observe: Observe) -> None:
        self._app = app
        self._observe = observe

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, head = perf_counter(), _Head()

        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                head.status_code, head.raw_headers = message["status"], message.get("headers", [])
            await send(message)

        try:
            await self._app(scope, receive, noting)
        except asyncio.CancelledError:
            head.status_code = CLIENT_GONE
            raise
        finally:
            self._note(Request(scope), head, perf_counter() - began)

    def _note(self, request: Request, head: "_Head", seconds: float) -> None:
        handler = get_route_template(request)
        if not EXEMPT_PATHS.search(handler or request.url.path):
            status = str(int(head.status_code))
            self._observe(Info(request, head, request.method, handler or "none", status, seconds))


class _Head(Response):
    """Status and headers of a response; 500 where none was begun."""

    def __init__(self) -> None:
        self.status_code = 500
        self.raw_headers = []


def get_route_template(request: Request) -> str:
    """The template of the route that took a request, or would have; empty where there is none."""
    scope = request.scope
    found: str | None = scope.get(HANDLER) or getattr(scope.get("route"), "path", None)
    return found or get_route_name(request, should_include_root_path=False) or ""
