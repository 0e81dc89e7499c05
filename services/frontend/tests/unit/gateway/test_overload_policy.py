"""Too many requests at once: what the gateway and the pages say, with the headers every response has."""

import asyncio
from collections.abc import AsyncIterator

import httpx2
import pytest
from fastapi import FastAPI
from frontend_service.gateway.overload_policy import choose_bulkhead, identify_client
from frontend_service.main import create
from frontend_service.settings import Settings
from starlette.types import Scope

from services.frontend.tests.fake_services import FakeServices

BROWSER = {"accept": "text/html,application/xhtml+xml"}


@pytest.fixture
async def crowded(services: FakeServices) -> AsyncIterator[httpx2.AsyncClient]:
    """A frontend whose only place is taken, and whose line is full."""
    app = create(Settings.model_validate({"DAPR_HTTP_PORT": 1, "requests_at_once": 1}))
    app.state.sidecar = services
    go_on = asyncio.Event()

    @app.get("/stuck")
    @app.get("/api/v1/tasks/stuck")
    async def wait() -> None:
        await go_on.wait()

    transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
    async with app.router.lifespan_context(app), httpx2.AsyncClient(transport=transport) as client:
        client.base_url = "http://todo.test"
        paths = ("/stuck", "/api/v1/tasks/stuck")
        stuck = [asyncio.create_task(client.get(path)) for path in paths for _ in range(1 + 256)]
        await asyncio.sleep(0.2)
        yield client
        go_on.set()
        await asyncio.gather(*stuck)


async def test_an_overloaded_api_answers_with_a_problem_document(crowded: httpx2.AsyncClient) -> None:
    for headers in ({}, BROWSER):
        response = await crowded.get("/api/v1/tasks", headers=headers)
        assert (response.status_code, response.json()["code"]) == (503, "overloaded")
        assert response.headers["retry-after"] == "1"
        assert response.headers["x-content-type-options"] == "nosniff"


async def test_an_overloaded_page_shows_a_readable_error(crowded: httpx2.AsyncClient) -> None:
    response = await crowded.get("/", headers=BROWSER)
    assert (response.status_code, response.headers["retry-after"]) == (503, "1")
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert "try again" in response.text
    assert response.headers["referrer-policy"] == "same-origin"


async def test_an_overloaded_page_fragment_is_refused_like_the_api(crowded: httpx2.AsyncClient) -> None:
    response = await crowded.get("/", headers=BROWSER | {"hx-request": "true"})
    assert (response.status_code, response.json()["code"]) == (503, "overloaded")


async def test_overload_of_one_service_does_not_affect_another(crowded: httpx2.AsyncClient) -> None:
    """One that hangs takes no turns from the others."""
    for path in ("/api/v1/notifications", "/api/v1/nothing", "/api/v1/chat/conversations"):
        assert (await crowded.get(path)).json().get("code") != "overloaded", path


async def test_fairness_is_by_user_else_by_address(app: FastAPI, ada: httpx2.AsyncClient) -> None:
    def make_scope(**headers: str) -> Scope:
        encoded = [(name.encode(), value.encode()) for name, value in headers.items()]
        return {"type": "http", "app": app, "headers": encoded, "client": ("192.0.2.7", 1)}

    session = "; ".join(f"{name}={value}" for name, value in ada.cookies.items())
    assert (await identify_client(make_scope(cookie=session))).startswith("user ")
    assert await identify_client(make_scope()) == "address 192.0.2.7"
    assert await identify_client(make_scope(cookie="session=forged")) == "address 192.0.2.7"
    assert await identify_client(make_scope(authorization="Bearer forged")) == "address 192.0.2.7"


@pytest.mark.parametrize(
    ("path", "bulkhead"),
    [
        ("/api/v1/tasks/1", "task"),
        ("/api/v1/users/me", "user"),
        ("/api/v1/users/me/export", "files"),
        ("/api/v1/auth/sign-in", "passwords"),
        ("/api/v1/auth/refresh", "user"),
        ("/api/v1/chat/messages", "assistant"),
        ("/mcp", "assistant"),
        ("/api/v1", ""),
        ("/api/v1/", ""),
        ("/api/v1/nothing", ""),
        ("/", "pages"),
        ("/sign-in", "passwords"),
    ],
)
def test_requests_queue_by_the_service_that_answers(path: str, bulkhead: str) -> None:
    assert choose_bulkhead(path) == bulkhead


async def test_probes_are_answered_under_overload(crowded: httpx2.AsyncClient, app: FastAPI) -> None:
    assert (await crowded.get("/healthz")).status_code == 200
