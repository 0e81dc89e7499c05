"""The edge: what it lets through, adds, and keeps out."""

import asyncio
import random
from typing import Any
from uuid import uuid4

import aiohttp
import pytest
from yarl import URL

from devstack import credentials
from devstack.stack import Stack
from tests.system.addresses import left
from tests.system.api import Api
from tests.system.test_failures import is_problem


class TestPaths:
    @pytest.mark.parametrize(
        "path",
        [
            "/tasks/../events/pubsub/user-events",
            "/tasks/%2e%2e/events/pubsub/user-events",
            "/tasks/..%2fevents/pubsub/user-events",
            "//tasks",
            "/events/pubsub/user-events",
            "/dapr/subscribe",
            "/v1.0/secrets/secretstore/token-signing",
            "/nothing",
        ],
    )
    async def test_that_are_not_of_the_api_end_at_the_edge(self, ada: Api, path: str) -> None:
        url = f"{ada.edge}/api/v1{path}"
        headers = {"authorization": f"Bearer {ada.token}"}
        async with ada.session.post(URL(url, encoded=True), json={}, headers=headers) as response:
            assert response.status == 404
            assert response.headers["content-type"] == "application/problem+json"

    async def test_of_dapr_on_the_frontend_itself_need_the_app_token(self, healthy: Stack) -> None:
        async with aiohttp.ClientSession() as session:
            for path in ("/events/broadcast/todo-events", "/dapr/subscribe", "/job/x"):
                async with session.post(healthy.addresses.edge + path, json={"entries": []}) as response:
                    assert response.status == 401


class TestServices:
    """Services can be called by their own sidecar only."""

    @pytest.mark.parametrize("app", ["user", "task", "chat", "notification", "analytics"])
    async def test_refuse_a_call_without_the_app_token(self, healthy: Stack, app: str) -> None:
        url = healthy.addresses.app(app).url
        async with aiohttp.ClientSession() as session:
            for path in ("/tasks", "/events/pubsub/todo-events", "/openapi.json"):
                async with session.post(url + path, json={}) as response:
                    assert response.status == 401
            async with session.get(url + "/healthz") as response:
                assert response.status == 200

    async def test_refuse_events_that_come_as_a_call(self, healthy: Stack) -> None:
        """A service may invoke another one, but not speak as its broker."""
        token = credentials.ensure_secrets(healthy.folder)["dapr-api"]["token"]
        sidecar = healthy.addresses.app("chat").sidecar_url
        headers = {"dapr-app-id": "analytics", "dapr-api-token": token}
        async with (
            aiohttp.ClientSession() as session,
            session.post(
                f"{sidecar}/events/pubsub/todo-events", json={"entries": []}, headers=headers
            ) as response,
        ):
            assert response.status == 401


class TestScopes:
    """An app outside a topic's scopes can't publish to it."""

    @pytest.mark.parametrize(
        ("app", "topic", "status"),
        [
            ("task", "todo-events", 204),
            ("analytics", "todo-events", 403),
            ("chat", "user-events", 403),
            ("user", "todo-events", 403),
            ("task", "dlq", 204),
        ],
    )
    async def test_publishing(self, healthy: Stack, app: str, topic: str, status: int) -> None:
        token = credentials.ensure_secrets(healthy.folder)["dapr-api"]["token"]
        url = f"{healthy.addresses.app(app).sidecar_url}/v1.0/publish/pubsub/{topic}"
        async with (
            aiohttp.ClientSession() as session,
            session.post(url, json={"type": "of-nobody"}, headers={"dapr-api-token": token}) as response,
        ):
            assert response.status == status


class TestRequests:
    async def test_are_counted_in_headers(self, ada: Api) -> None:
        response = await ada.ask("GET", "/tasks")
        assert response.headers["ratelimit-policy"] == '"default";q=2000;w=10'
        assert response.headers["ratelimit"].startswith('"default";r=')

    @pytest.mark.filterwarnings("ignore:Sending a large body")
    async def test_with_too_large_a_body_are_413(self, ada: Api) -> None:
        response = await ada.ask("POST", "/tasks", {"title": "x", "notes": "n" * (1024 * 1024)})
        assert is_problem(response, 413, "too-large")

    async def test_show_no_header_of_the_inside(self, ada: Api) -> None:
        response = await ada.ask("GET", "/tasks", dapr_caller_app_id="operator", dapr_app_id="user")
        assert response.status == 200
        assert not [name for name in response.headers if name.lower().startswith("dapr")]

    async def test_are_answered_by_every_replica(self, healthy: Stack, ada: Api) -> None:
        for name in ("frontend", "frontend-2"):
            ada.edge = healthy.addresses.app(name).url
            assert (await ada.ask("GET", "/tasks")).status == 200


class TestTasks:
    """The contract of tasks, as a client sees it."""

    async def test_idempotency_key(self, ada: Api) -> None:
        key = str(uuid4())
        responses = await asyncio.gather(
            *(ada.ask("POST", "/tasks", {"title": "once"}, idempotency_key=key) for _ in range(6))
        )
        assert {response.body["id"] for response in responses} == {responses[0].body["id"]}
        assert len(await ada.items("/tasks")) == 1
        other = await ada.ask("POST", "/tasks", {"title": "other"}, idempotency_key=key)
        assert is_problem(other, 422, "idempotency-key-reused")

    async def test_if_match(self, ada: Api) -> None:
        task = (await ada.ask("POST", "/tasks", {"title": "a"})).body
        path = f"/tasks/{task['id']}"
        assert (await ada.ask("PATCH", path, {"title": "b"}, if_match='"1"')).headers["etag"] == '"2"'
        stale = await ada.ask("PATCH", path, {"title": "c"}, if_match='"1"')
        assert is_problem(stale, 412, "precondition-failed")
        assert stale.body["current"]["title"] == "b"
        assert (await ada.ask("GET", path, if_none_match='"2"')).status == 304

    async def test_paging_returns_each_task_once(self, ada: Api) -> None:
        made = [(await ada.ask("POST", "/tasks", {"title": str(n)})).body["id"] for n in range(25)]
        found: list[dict[str, Any]] = []
        cursor = ""
        while True:
            page = (await ada.ask("GET", f"/tasks?limit=7{cursor}")).body
            found += page["items"]
            if not page["next_cursor"]:
                break
            cursor = f"&cursor={page['next_cursor']}"
        assert [task["id"] for task in found] == made[::-1]

    @pytest.mark.parametrize("cursor", ["x", "bm90IGEgY3Vyc29y", "%F0%9F%98%80"])
    async def test_wrong_cursor(self, ada: Api, cursor: str) -> None:
        response = await ada.ask("GET", f"/tasks?cursor={cursor}")
        assert is_problem(response, 422, "cursor-invalid")
        assert response.body["errors"][0]["pointer"] == "?cursor"

    async def test_life(self, ada: Api) -> None:
        task = (await ada.ask("POST", "/tasks", {"title": "a"})).body
        path = f"/tasks/{task['id']}"
        done = (await ada.ask("POST", f"{path}/complete")).body
        assert done["done"]
        assert done["completed_at"]
        assert (await ada.ask("POST", f"{path}/complete")).body["version"] == done["version"]
        assert not (await ada.ask("POST", f"{path}/reopen")).body["done"]
        assert (await ada.ask("DELETE", path)).status == 204
        assert (await ada.ask("GET", path)).status == 404
        assert (await ada.ask("POST", f"{path}/restore")).body["deleted_at"] is None
        assert (await ada.ask("GET", path)).status == 200


class TestAddress:
    async def test_is_the_last_one_a_proxy_on_this_machine_names(self, healthy: Stack) -> None:
        """What stands before it comes from the client, who can write anything."""
        ada, bob, made_up = (f"203.0.113.{number}" for number in random.sample(range(256), 3))
        remaining = await left(healthy.addresses.edge, ada, ada, f"{made_up}, {ada}", bob, made_up)
        assert remaining == [1996, 1992, 1988, 1996, 1996]
