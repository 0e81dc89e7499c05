"""API tokens, from the edge to the services: what they open, what they never open, and how they end."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from frontend_service.gateway.api_tokens import FRESH_SECONDS

from contracts.scopes import SCOPES
from devstack.stack import Stack
from tests.system.api import Api, ApiResponse
from tests.system.test_failures import is_problem
from tests.system.waiting import eventually

READS = ("/users/me", "/tasks", "/notifications", "/channels", "/chat/conversations", "/analytics/summary")


async def made(user: Api, *scopes: str, **fields: Any) -> dict[str, Any]:
    response = await user.insist("POST", "/tokens", {"name": "test", "scopes": scopes, **fields})
    assert response.status == 201, response.body
    body: dict[str, Any] = response.body
    return body


async def program(user: Api, *scopes: str, **fields: Any) -> Api:
    """Somebody with an API token of `user`."""
    return Api(user.session, user.edge, (await made(user, *scopes, **fields))["token"])


def lacks(response: ApiResponse, scope: str = "") -> bool:
    """Whether the token was refused because it has too little scope, and which it would need."""
    parameter = f', scope="{scope}"' if scope else ""
    challenge = f'Bearer error="insufficient_scope"{parameter}'
    return (
        is_problem(response, 403, "insufficient-scope") and response.headers["www-authenticate"] == challenge
    )


class TestScopes:
    async def test_open_what_they_name_at_every_service(self, ada: Api) -> None:
        tool = await program(ada, *SCOPES)
        for path in READS:
            assert (await tool.ask("GET", path)).status == 200, path
        task = await tool.ask("POST", "/tasks", {"title": "by a program"})
        assert task.status == 201
        assert (await ada.ask("GET", f"/tasks/{task.body['id']}")).body["title"] == "by a program"

    async def test_open_nothing_else_at_any_service(self, ada: Api) -> None:
        tool = await program(ada, "tasks:write")
        areas = [
            *("account:read", "tasks:read", "notifications:read", "channels:read", "chat:read"),
            "analytics:read",
        ]
        for path, scope in zip(READS, areas, strict=True):
            assert lacks(await tool.ask("GET", path), scope), path
        assert (await tool.ask("POST", "/tasks", {"title": "a"})).status == 201

    async def test_to_read_do_not_open_writing(self, ada: Api) -> None:
        task = (await ada.insist("POST", "/tasks", {"title": "mine"})).body
        tool = await program(ada, "tasks:read")
        assert (await tool.ask("GET", f"/tasks/{task['id']}")).status == 200
        refused: list[tuple[str, str, Any]] = [
            ("POST", "/tasks", {"title": "x"}),
            ("PATCH", f"/tasks/{task['id']}", {"title": "x"}),
            ("DELETE", f"/tasks/{task['id']}", None),
            ("POST", "/batch", {"commands": []}),
        ]
        for method, path, body in refused:
            assert lacks(await tool.ask(method, path, body), "tasks:write"), path
        assert (await tool.ask("POST", "/tasks/parse", {"quick": "x tomorrow"})).status == 200

    async def test_hold_for_what_the_assistant_does_too(self, ada: Api) -> None:
        tool = await program(ada, "chat:write")
        reply = await tool.insist("POST", "/chat/messages", {"text": "add buy milk"})
        assert (reply.status, reply.body["actions"]) == (200, [])
        assert "tasks:write" in reply.body["reply"]
        assert await ada.items("/tasks") == []

    async def test_is_not_needed_to_tell_what_the_assistant_did(self, ada: Api) -> None:
        await ada.insist("POST", "/chat/messages", {"text": "add buy milk"})
        (task,) = await ada.items("/tasks")
        as_if = {"dapr_caller_app_id": "chat"}
        await ada.insist("PATCH", f"/tasks/{task['id']}", {"title": "Buy more milk"}, **as_if)
        activity = await ada.items(f"/tasks/{task['id']}/activity")
        assert [entry["via"] for entry in activity] == [None, {"token": None, "name": "assistant"}]

    async def test_hold_for_the_live_stream(self, ada: Api) -> None:
        assert lacks(
            await (await program(ada, "tasks:read")).ask("GET", "/stream"), "tasks:read notifications:read"
        )
        tool = await program(ada, "tasks:read", "notifications:read")
        headers = {"authorization": f"Bearer {tool.token}"}
        async with ada.session.get(f"{ada.edge}/api/v1/stream", headers=headers) as stream:
            assert stream.status == 200
            assert (await stream.content.readline()).startswith(b": connected")
            await ada.insist("POST", "/tasks", {"title": "seen"})
            async with asyncio.timeout(20):
                while not (line := await stream.content.readline()).startswith(b"data: {"):
                    pass
        assert b"seen" in line


class TestEveryToken:
    async def test_is_kept_from_the_account_and_from_tokens(self, ada: Api) -> None:
        tool = await program(ada, *SCOPES)
        own = (await ada.items("/tokens"))[0]
        closed: list[tuple[str, str, Any]] = [
            ("GET", "/tokens", None),
            ("POST", "/tokens", {"name": "more", "scopes": ["tasks:read"]}),
            ("DELETE", f"/tokens/{own['id']}", None),
            ("PATCH", "/users/me", {"name": "x"}),
            ("DELETE", "/users/me", None),
            ("POST", "/calendar", None),
            ("GET", "/ops/dead-letters", None),
        ]
        for method, path, body in closed:
            assert lacks(await tool.ask(method, path, body)), path
        assert (await tool.ask("GET", "/users/me")).body["name"] == "Ada"

    async def test_is_one_account_s(self, nobody: Api, ada: Api) -> None:
        task = (await ada.insist("POST", "/tasks", {"title": "private"})).body
        tool = await program(await nobody.sign_up(), *SCOPES)
        assert (await tool.ask("GET", f"/tasks/{task['id']}")).status == 404

    async def test_stays_at_the_edge(self, healthy: Stack, ada: Api) -> None:
        """No service takes it: it knows the access token only that stands for it."""
        token = (await made(ada, *SCOPES))["token"]
        wrong = await ada.ask("GET", "/tasks", authorization=f"Bearer {token}x")
        assert is_problem(wrong, 401, "api-token-invalid")
        assert (await ada.ask("POST", "/auth/exchange", {"token": token})).status == 404
        log = "".join(path.read_text() for path in healthy.folder.app_logs.glob("*.log"))
        assert token not in log

    async def test_says_when_it_was_used(self, ada: Api) -> None:
        tool = await program(ada, "tasks:read")
        assert (await ada.items("/tokens"))[0]["last_used_at"] is None
        await tool.ask("GET", "/tasks")
        used = datetime.fromisoformat((await ada.items("/tokens"))[0]["last_used_at"])
        assert datetime.now(UTC) - used < timedelta(minutes=2)


class TestTheEnd:
    @pytest.mark.parametrize("frontend", ["frontend", "frontend-2"])
    async def test_comes_within_seconds_of_revoking(self, healthy: Stack, ada: Api, frontend: str) -> None:
        """Also at a replica that has just used it, and did not revoke it."""
        token = await made(ada, "tasks:read")
        tool = Api(ada.session, healthy.addresses.app(frontend).url, token["token"])
        assert (await tool.ask("GET", "/tasks")).status == 200
        assert (await ada.ask("DELETE", f"/tokens/{token['id']}")).status == 204
        begin = asyncio.get_running_loop().time()
        await eventually(lambda: tool.ask("GET", "/tasks"), lambda response: response.status == 401)
        assert asyncio.get_running_loop().time() - begin < FRESH_SECONDS + 2
        assert is_problem(await tool.ask("GET", "/tasks"), 401, "api-token-invalid")

    async def test_comes_with_expiry(self, ada: Api) -> None:
        soon = datetime.now(UTC) + timedelta(seconds=5)
        tool = await program(ada, "tasks:read", expires_at=soon.isoformat())
        assert (await tool.ask("GET", "/tasks")).status == 200
        await eventually(lambda: tool.ask("GET", "/tasks"), lambda response: response.status == 401)

    async def test_comes_with_the_account(self, ada: Api) -> None:
        tool = await program(ada, "tasks:read")
        assert (await tool.ask("GET", "/tasks")).status == 200
        assert (await ada.ask("DELETE", "/users/me")).status == 204
        await eventually(lambda: tool.ask("GET", "/tasks"), lambda response: response.status == 401)
