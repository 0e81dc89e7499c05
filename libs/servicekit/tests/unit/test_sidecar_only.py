"""Only the own sidecar may call."""

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from servicekit.dapr.app_token import AppTokenMiddleware

TOKEN = {"dapr-api-token": "secret"}
CALLED = TOKEN | {"dapr-caller-app-id": "chat"}
inside = Starlette(routes=[Route("/{path:path}", lambda _: PlainTextResponse("in"))])


async def status(path: str, headers: dict[str, str], *, token: str = "secret", public: bool = False) -> int:
    app = AppTokenMiddleware(inside, token, public)
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://app") as client:
        return (await client.get(path, headers=headers)).status_code


class TestAService:
    @pytest.mark.parametrize("path", ["/tasks", "/events/pubsub/todo-events", "/job/x", "/openapi.json", "/"])
    async def test_lets_in_its_sidecar_and_nobody_else(self, path: str) -> None:
        assert await status(path, TOKEN) == 200
        for headers in ({}, {"dapr-api-token": ""}, {"dapr-api-token": "secre"}):
            assert await status(path, headers) == 401

    @pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
    async def test_says_to_anybody_how_it_is(self, path: str) -> None:
        assert await status(path, {}) == 200

    async def test_takes_calls_of_others_through_its_sidecar(self) -> None:
        assert await status("/tasks", CALLED) == 200

    @pytest.mark.parametrize("path", ["/events/pubsub/todo-events", "/job/x", "/dapr/subscribe"])
    async def test_takes_no_call_for_what_only_dapr_says(self, path: str) -> None:
        assert await status(path, CALLED) == 401

    async def test_without_a_token_is_open(self) -> None:
        assert await status("/tasks", {}, token="") == 200


class TestAPublicApp:
    async def test_lets_in_everybody(self) -> None:
        assert await status("/tasks", {}, public=True) == 200

    @pytest.mark.parametrize("path", ["/events/broadcast/todo-events", "/job/x", "/dapr/subscribe"])
    async def test_takes_callbacks_from_its_sidecar_only(self, path: str) -> None:
        assert await status(path, {}, public=True) == 401
        assert await status(path, TOKEN, public=True) == 200
