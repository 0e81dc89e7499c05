"""What an API token may do stands on each route, and is closed where a route names no scope."""

import importlib
import json
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import Request, params
from fastapi.routing import APIRoute
from fastapi.security import HTTPBearer
from frontend_service.gateway.upstreams import SPECIFICATION

from contracts.scopes import SCOPES
from servicekit.errors import InsufficientScope
from servicekit.security.auth import (
    API_PREFIX,
    AccessToken,
    authorize_token,
    get_current_user,
    get_required_scopes,
)
from servicekit.web.fast_reads import FastRead
from tests.architecture.sources import SERVICES
from tests.fast_reads import Limited

NOT_IN_THE_DOCUMENT = {"POST /mcp", "GET /usage", "GET /export/pages", "POST /replays"}
"""`/usage` of each service is a part of `/users/me/usage`; the other two are asked by services only."""
CLOSED = {
    *("GET /tokens", "POST /tokens", "DELETE /tokens/{id}"),
    *("PATCH /users/me", "DELETE /users/me", "GET /users/me/export"),
    *("GET /calendar", "POST /calendar", "DELETE /calendar"),
    *("GET /ops/dead-letters", "GET /ops/dead-letters/{id}", "GET /ops/dead-letter-groups"),
    *("POST /ops/dead-letters/{id}/replay", "POST /ops/dead-letters/{id}/discard"),
    *("POST /ops/replays", "POST /ops/discards"),
    *("GET /export/pages", "POST /replays"),
}
"""For who signed in: it makes tokens or addresses as good as one, changes or shows the whole account, or is
for operators."""
OF_PROCESSES = ("/healthz", "/readyz", "/metrics")
PUBLIC = {
    *("POST /auth/sign-up", "POST /auth/sign-in", "POST /auth/refresh", "POST /auth/sign-out"),
    *("POST /auth/exchange", "GET /.well-known/jwks.json", "GET /openapi.json"),
    *(
        "GET /calendar/{id}",
        "HEAD /calendar/{id}",
        "POST /unsubscribe/{token}",
        *(f"GET {path}" for path in OF_PROCESSES),
    ),
    "POST /job/{name}",
}
"""Whoever knows the password, the address or the token in it may; a job is the sidecar's own."""


def routes() -> Iterator[tuple[str, APIRoute]]:
    """All of all services but the pages of the frontend, by method and path."""
    for service in SERVICES:
        app = importlib.import_module(f"{service}_service.main").create()
        for route in _flat(app.routes):
            path = route.path.removeprefix(API_PREFIX)
            is_page = service == "frontend" and path == route.path and path not in OF_PROCESSES
            if not is_page and not path.startswith(("/events/", "/dapr/")):
                yield from ((f"{method} {path}", route) for method in sorted(route.methods or ()))


def _flat(found: Any) -> Iterator[APIRoute]:
    for route in found:
        if isinstance(route, APIRoute):
            yield route
        else:
            yield from _flat(getattr(getattr(route, "original_router", None), "routes", ()))


ROUTES = list(routes())
FAST_READS = [
    route
    for service in SERVICES
    for route in importlib.import_module(f"{service}_service.main").create().routes
    if isinstance(route, FastRead)
]


def names_a_token(route: APIRoute) -> bool:
    """Whether it says `Security(…)` itself, with scopes or without."""
    return any(
        isinstance(each, params.Security) and isinstance(each.dependency, AccessToken | HTTPBearer)
        for each in route.dependencies
    )


def operations() -> dict[str, Any]:
    """Those that need a token, by method and path."""
    paths = json.loads(SPECIFICATION.read_text())["paths"]
    return {
        f"{verb.upper()} {path}": operation
        for path, verbs in paths.items()
        for verb, operation in verbs.items()
        if operation["security"]
    }


class TestRoutes:
    def test_name_the_token_they_need_or_are_public(self) -> None:
        assert {name for name, route in ROUTES if not names_a_token(route)} == PUBLIC

    def test_are_opened_or_closed_to_api_tokens_by_decision(self) -> None:
        opened = {name for name, route in ROUTES if get_required_scopes(route)}
        assert opened | CLOSED == {name for name, _ in ROUTES} - PUBLIC
        assert not opened & CLOSED

    def test_name_scopes_that_exist_and_use_all_of_them(self) -> None:
        assert {scope for _, route in ROUTES for scope in get_required_scopes(route)} == set(SCOPES)

    @pytest.mark.parametrize(("name", "route"), ROUTES, ids=[name for name, _ in ROUTES])
    def test_tell_the_openapi_document_what_they_check(self, name: str, route: APIRoute) -> None:
        if name not in PUBLIC | NOT_IN_THE_DOCUMENT:
            assert operations()[name]["security"] == [{"HTTPBearer": get_required_scopes(route)}]


class TestFastReads:
    """They pass by the dependencies of their route, and check its scopes all the same."""

    def test_are_found(self) -> None:
        assert len(FAST_READS) > 3

    @pytest.mark.parametrize("fast", FAST_READS, ids=lambda fast: str(fast.route.path))
    async def test_need_the_scopes_of_their_route(self, fast: FastRead) -> None:
        needed = get_required_scopes(fast.route)
        assert needed
        path = fast.route.path.replace("{id}", "01a20a20-adf2-70f8-90f8-d7d6fc4809a6")
        query = next(iter(fast.reads))
        _, child = fast.matches({"type": "http", "method": "GET", "path": path, "query_string": query})
        for scopes in ("", *(" ".join(set(SCOPES) - {scope}) for scope in needed)):
            with pytest.raises(InsufficientScope):
                await get_current_user(_request(child["route"], scopes))
        assert await get_current_user(_request(child["route"], " ".join(needed)))


def _request(route: object, scopes: str) -> Request:
    class State:
        verifier = Limited(scopes)

    app = type("App", (), {"state": State})
    headers = [(b"authorization", b"Bearer t")]
    return Request({"type": "http", "method": "GET", "headers": headers, "app": app, "route": route})


async def test_what_is_no_route_is_closed_to_api_tokens() -> None:
    with pytest.raises(InsufficientScope):
        await authorize_token(_request(None, " ".join(SCOPES)), "t")
