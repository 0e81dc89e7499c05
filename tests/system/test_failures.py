"""Parts that are away: what still works, what says so, and that all of it mends itself."""

import asyncio
import time

import aiohttp
import pytest

from devstack import credentials, faults
from devstack.stack import Stack
from tests.system.api import Api, ApiResponse
from tests.system.figures import counted, listen, notified
from tests.system.waiting import eventually


def is_problem(response: ApiResponse, status: int, code: str) -> bool:
    """Whether a response is the problem document it should be."""
    return (
        response.status == status
        and response.headers["content-type"] == "application/problem+json"
        and response.body["code"] == code
        and len(response.body["trace_id"]) == 32
    )


class TestKafkaAway:
    async def test_writes_are_answered_and_no_event_is_lost(
        self, healthy: Stack, ada: Api, hook: str
    ) -> None:
        await listen(ada, hook)
        with faults.pause_processes([faults.read_server_pid(healthy.folder, "kafka")]):
            for number in range(30):
                response = await ada.ask("POST", "/tasks", {"title": f"task {number}"})
                assert response.status == 201
        await counted(ada, tasks_created=30, seconds=60)
        assert len(await notified(ada, 30, seconds=60)) == 30


class TestRedisAway:
    async def test_chat_says_so_and_the_rest_works(self, healthy: Stack, ada: Api) -> None:
        with faults.pause_processes([faults.read_server_pid(healthy.folder, "redis")]):
            response = await ada.ask("POST", "/chat/messages", {"text": "add milk"})
            assert is_problem(response, 503, "conversations-unavailable"), response
            assert "tasks are not affected" in response.body["detail"]
            assert (await ada.ask("POST", "/tasks", {"title": "milk"})).status == 201
            await counted(ada, tasks_created=1)
        again = await eventually(
            lambda: ada.ask("POST", "/chat/messages", {"text": "add bread"}),
            lambda found: found.status == 200,
        )
        assert again.body["actions"][0]["title"] == "bread"

    async def test_nothing_is_done_twice_when_it_is_asked_again(self, healthy: Stack, ada: Api) -> None:
        """The task is added, then the conversation can't be stored; the repeat adds nothing."""
        first = await ada.ask("POST", "/chat/messages", {"text": "list"})
        message = {"text": "add milk", "conversation_id": first.body["conversation_id"]}
        with faults.pause_processes([faults.read_server_pid(healthy.folder, "redis")]):
            response = await ada.ask("POST", "/chat/messages", message, idempotency_key="one")
            assert response.status == 503
        await ada.insist("POST", "/chat/messages", message, idempotency_key="one")
        assert [task["title"] for task in await ada.items("/tasks")] == ["milk"]


class TestServiceAway:
    @pytest.mark.parametrize(
        ("app", "path"),
        [("task", "/tasks"), ("notification", "/notifications"), ("analytics", "/analytics/summary")],
    )
    async def test_sidecar_gone_is_a_clear_503(self, healthy: Stack, ada: Api, app: str, path: str) -> None:
        pids = faults.find_sidecar_pids(healthy.folder, app)
        with faults.keep_down(pids):
            response = await eventually(lambda: ada.ask("GET", path), lambda response: response.status != 200)
            assert is_problem(response, 503, f"{app}-unavailable"), response
            assert int(response.headers["retry-after"]) > 0
        await eventually(lambda: ada.ask("GET", path), lambda response: response.status == 200)

    async def test_sidecar_gone_is_looked_for_once(self, healthy: Stack) -> None:
        """By the sidecar that calls; who asked it asks again (decision 34)."""
        token = credentials.ensure_secrets(healthy.folder)["dapr-api"]["token"]
        headers = {"dapr-app-id": "task", "dapr-api-token": token}
        url = f"{healthy.addresses.app('chat').sidecar_url}/tasks"
        async with aiohttp.ClientSession(headers=headers) as session:
            async with session.get(url) as response:
                assert response.status == 401
            with faults.keep_down(faults.find_sidecar_pids(healthy.folder, "task")):
                began = time.monotonic()
                async with session.get(url) as response:
                    assert (response.status, "ERR_DIRECT_INVOKE" in await response.text()) == (500, True)
                assert time.monotonic() - began < 0.3  # the pause was 0.3 s, of Dapr's own default it is 1 s
        await eventually(lambda: _status(url, headers), lambda status: status == 401)

    async def test_the_app_gone_is_a_clear_503(self, healthy: Stack, ada: Api) -> None:
        with faults.keep_down(faults.find_app_pids(healthy.folder, "task")):
            assert is_problem(await ada.ask("GET", "/tasks"), 503, "task-unavailable")
            assert (await ada.ask("GET", "/analytics/summary")).status == 200
        await eventually(lambda: ada.ask("GET", "/tasks"), lambda response: response.status == 200)

    async def test_own_sidecar_of_the_edge_gone_is_a_clear_503(self, healthy: Stack, ada: Api) -> None:
        with faults.keep_down(faults.find_sidecar_pids(healthy.folder, "frontend")):
            response = await ada.ask("GET", "/tasks")
            assert response.status == 503
            assert response.headers["content-type"] == "application/problem+json"
        await eventually(lambda: ada.ask("GET", "/tasks"), lambda response: response.status == 200)

    async def test_nobody_waits_long_while_it_is_gone(self, healthy: Stack, ada: Api) -> None:
        with faults.keep_down(faults.find_app_pids(healthy.folder, "task")):
            async with asyncio.timeout(20):
                for _ in range(10):
                    assert (await ada.ask("GET", "/tasks")).status == 503
        await eventually(lambda: ada.ask("GET", "/tasks"), lambda response: response.status == 200)

    async def test_keys_are_remembered_while_the_user_service_is_gone(self, healthy: Stack, ada: Api) -> None:
        await ada.insist("GET", "/tasks")
        with faults.keep_down(faults.find_app_pids(healthy.folder, "user")):
            assert (await ada.ask("GET", "/tasks")).status == 200
            assert is_problem(await ada.ask("GET", "/users/me"), 503, "user-unavailable")


async def _status(url: str, headers: dict[str, str]) -> int:
    async with aiohttp.ClientSession(headers=headers) as session, session.get(url) as response:
        return response.status
