"""What made reads dear and must not come back (issue 20)."""

import importlib
import re
from contextlib import suppress
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts
from frontend_service.gateway.gateway_route import GatewayRoute
from prometheus_fastapi_instrumentator.metrics import Info
from prometheus_fastapi_instrumentator.routing import get_route_name
from starlette.requests import Request
from starlette.routing import Match, Mount
from starlette.types import Message, Scope
from task_service.main import create as create_task_service
from task_service.tasks import routes as task_routes

from servicekit.observability import metrics
from servicekit.observability.metrics import RouteMetrics
from servicekit.security.auth import API_PREFIX
from servicekit.web.fast_reads import NO_QUERY, FastRead, create_fast_reads
from servicekit.web.ids import new_id
from tests.architecture.sources import SERVICES


@pytest.fixture(scope="module", params=SERVICES)
def app(request: pytest.FixtureRequest) -> FastAPI:
    created: FastAPI = importlib.import_module(f"{request.param}_service.main").create()
    return created


def make_scope(method: str, path: str, app: FastAPI | None = None) -> Scope:
    scope = {"type": "http", "method": method, "path": path, "raw_path": path.encode(), "app": app}
    return {**scope, "query_string": b"", "headers": [], "root_path": ""}


async def receive() -> Message:
    return {"type": "http.disconnect"}


async def send(_: Message) -> None:
    pass


async def counted_by(app: FastAPI, scope: Scope) -> str:
    """The name a request is counted by, whatever becomes of it."""
    seen: list[Info] = []
    with suppress(Exception):
        await RouteMetrics(app.router, seen.append)(scope, receive, send)
    return seen[0].modified_handler if seen else ""


def requests(app: FastAPI) -> set[tuple[str, str]]:
    """One for each method of each route, and one with a method it doesn't take."""
    found: set[tuple[str, str]] = set()
    for route in iter_route_contexts(app.routes):
        if isinstance(route.original_route, APIRoute):
            path = re.sub(r"\{[^}]*\}", "x", route.path or "")
            found |= {(method, path) for method in {*(route.methods or ()), "PURGE"}}
    return found


class TestMetrics:
    async def test_have_the_name_that_the_instrumentator_gives(self, app: FastAPI) -> None:
        for method, path in sorted(requests(app)):
            request = Request(make_scope(method, path, app))
            name = get_route_name(request, should_include_root_path=False) or ""
            expected = "" if metrics.EXEMPT_PATHS.search(name) else name
            assert await counted_by(app, make_scope(method, path, app)) == expected, (method, path)

    async def test_of_a_route_walk_through_no_others(
        self, app: FastAPI, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        walked: list[str] = []

        def walk(request: Request, **_: Any) -> None:
            walked.append(request.url.path)

        monkeypatch.setattr(metrics, "get_route_name", walk)
        for method, path in sorted(requests(app)):
            await counted_by(app, make_scope(method, path, app))
        assert not walked


async def nothing(*_: Any) -> Any:
    pass


class TestTheEdge:
    """Is found first, and takes what it took as the last."""

    OWN = frozenset({("GET", f"{API_PREFIX}/stream")})

    @pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
    @pytest.mark.parametrize(
        "path", ["", "/", "/tasks", "/tasks/1", "/stream", "/stream/", "/stream/1", "//stream"]
    )
    def test_takes_what_a_mount_takes_but_what_is_the_frontends_own(self, method: str, path: str) -> None:
        scope = make_scope(method, API_PREFIX + path)
        mounted = Mount(API_PREFIX, nothing).matches(scope)[0]
        expected = Match.NONE if (method, scope["path"]) in self.OWN else mounted
        assert GatewayRoute(nothing, self.OWN).matches(scope)[0] is expected

    @pytest.mark.parametrize("path", ["/", "/mcp/", "/mcpx", "/api", "/api/docs", "/api/v10/tasks"])
    def test_leaves_pages_alone(self, path: str) -> None:
        assert GatewayRoute(nothing, self.OWN).matches(make_scope("GET", path))[0] is Match.NONE

    async def test_is_counted_as_it_always_was(self) -> None:
        app = FastAPI()
        app.router.routes.insert(0, GatewayRoute(nothing, self.OWN))
        assert await counted_by(app, make_scope("GET", f"{API_PREFIX}/tasks/1", app)) == API_PREFIX
        assert await counted_by(app, make_scope("POST", "/mcp", app)) == "/mcp"


QUICK_READS = {
    "analytics": {"read_summary": [b""]},
    "notification": {"list_notifications": [b"", b"unread=true"]},
    "task": {"read_task": [b""], "list_tasks": [b""]},
    "user": {"read_me": [b""]},
}
"""What is asked most, by its route and its queries. That they touch no ORM and give what their routes give
is tested where they run (`test_reads`, `test_fast_reads`)."""


class TestFastReads:
    def test_stand_before_all_routes(self, app: FastAPI) -> None:
        expected = QUICK_READS.get(app.state.settings.app, {})
        first = app.router.routes[: len(expected)]
        found = {each.route.name: list(each.reads) for each in first if isinstance(each, FastRead)}
        assert found == expected

    def test_leave_other_queries_to_their_route(self, app: FastAPI) -> None:
        for read in (route for route in app.router.routes if isinstance(route, FastRead)):
            for query in read.reads:
                plain = dict(make_scope("GET", read.route.path.replace("{id}", new_id())))
                assert read.matches(plain | {"query_string": query})[0] is Match.FULL
                for other in (query + b"&", b"&" + query, query + b"%20", query + b"&" + query):
                    assert read.matches(plain | {"query_string": other})[0] is Match.NONE, other

    def test_leave_what_asks_for_more_to_its_route(self) -> None:
        (read,) = create_fast_reads(task_routes.tasks.routes, read_task={NO_QUERY: nothing})
        plain = dict(make_scope("GET", f"/tasks/{new_id()}"))
        assert read.matches(plain)[0] is Match.FULL
        for other in (
            plain | {"method": "HEAD"},
            plain | {"query_string": b"fields=title"},
            plain | {"path": "/tasks/x"},
            plain | {"path": plain["path"] + "/"},
            plain | {"path": plain["path"] + "\n"},
            plain | {"path": plain["path"].upper()},
            plain | {"type": "websocket"},
        ):
            assert read.matches(other)[0] is Match.NONE, other


class TestLayers:
    def test_of_the_framework_are_not_around_every_request(self) -> None:
        """Each costs a call in, a call out and a look at the headers; ours do what they would do."""
        needless = {"ServerErrorMiddleware", "ExceptionTelemetryMiddleware", "AppBodyLimitMiddleware"}
        app, names = create_task_service(), set()
        layer: Any = app.build_middleware_stack()
        while layer is not app.router:
            names.add(type(layer).__name__)
            layer = getattr(layer, "app", None) or layer._app
        assert {"CatchAll", "BodyLimit", "TracingMiddleware"} <= names
        assert not names & needless
