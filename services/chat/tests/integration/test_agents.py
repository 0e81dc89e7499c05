"""What agents see and can do over MCP, with the protocol's own client."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from chat_service.agent_tools import TOOLS
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from conftest import ServiceUnderTest
from services.chat.tests.behind import Behind
from tests.fake_sidecar import answer

pytestmark = pytest.mark.parametrize("mode", ["auto", "legacy"])
"""Of the protocol: without a handshake, and with one, as clients before 2026-07-28 do it."""


@pytest.fixture
def behind() -> Behind:
    return Behind(tasks={"t1": {"id": "t1", "title": "milk", "done": False}})


@asynccontextmanager
async def agent(chat: ServiceUnderTest, mode: Any) -> AsyncIterator[Client]:
    transport = streamable_http_client("http://service/mcp", http_client=chat.client)
    async with Client(transport, mode=mode) as client:
        yield client


async def call(chat: ServiceUnderTest, mode: str, tool: str, **arguments: Any) -> dict[str, Any]:
    """What the tool answers; it must not fail."""
    async with agent(chat, mode) as client:
        result = await client.call_tool(tool, arguments)
    assert not result.is_error, result.content
    return dict(result.structured_content or {})


async def refusal(chat: ServiceUnderTest, mode: str, tool: str, **arguments: Any) -> str:
    async with agent(chat, mode) as client:
        result = await client.call_tool(tool, arguments)
    assert result.is_error
    [said] = result.content
    return str(said.text)  # type: ignore[union-attr]


class TestAnAgent:
    async def test_learns_what_it_can_do(self, chat: ServiceUnderTest, mode: str) -> None:
        async with agent(chat, mode) as client:
            tools = (await client.list_tools()).tools
        assert {tool.name for tool in tools} == {tool.__name__ for tool, _ in TOOLS}
        assert all(tool.description and tool.annotations for tool in tools)
        reading = {tool.name for tool in tools if tool.annotations and tool.annotations.read_only_hint}
        assert reading == {"find_tasks", "get_task", "list_projects", "list_labels"}

    async def test_finds_tasks_as_the_api_does(
        self, chat: ServiceUnderTest, behind: Behind, mode: str
    ) -> None:
        found = await call(chat, mode, "find_tasks", filter="not done and due <= today", text="milk & egg")
        assert found == {"items": [behind.tasks["t1"]], "next_cursor": None}
        [asked] = behind.requests
        assert asked.path == "/tasks?filter=not+done+and+due+%3C%3D+today&q=milk+%26+egg&limit=50"
        assert asked.headers["authorization"] == chat.client.headers["authorization"]

    async def test_reads_one(self, chat: ServiceUnderTest, mode: str) -> None:
        assert (await call(chat, mode, "get_task", id="t1"))["title"] == "milk"

    @pytest.mark.parametrize("tool", ["list_projects", "list_labels"])
    async def test_lists_what_tasks_belong_to(
        self, chat: ServiceUnderTest, behind: Behind, mode: str, tool: str
    ) -> None:
        assert await call(chat, mode, tool, cursor="c") == {"items": [], "next_cursor": None}
        assert behind.requests[0].path == f"/{tool.removeprefix('list_')}?limit=200&cursor=c"

    async def test_adds_in_words_and_by_fields(
        self, chat: ServiceUnderTest, behind: Behind, mode: str
    ) -> None:
        await call(chat, mode, "add_task", text="bread tomorrow !3")
        await call(chat, mode, "create_task", task={"title": "rent", "priority": 3})
        assert [request.json for request in behind.changes] == [
            {"quick": "bread tomorrow !3"},
            {"title": "rent", "priority": 3},
        ]

    async def test_changes_what_it_names(self, chat: ServiceUnderTest, behind: Behind, mode: str) -> None:
        """null empties a field; what is not named is not sent."""
        await call(chat, mode, "update_task", id="t1", changes={"title": "oat milk", "due_date": None})
        [change] = behind.changes
        assert (change.method, change.path) == ("PATCH", "/tasks/t1")
        assert change.json == {"title": "oat milk", "due_date": None}

    async def test_ticks_off_reopens_deletes(self, chat: ServiceUnderTest, behind: Behind, mode: str) -> None:
        assert (await call(chat, mode, "complete_task", id="t1"))["done"] is True
        assert (await call(chat, mode, "reopen_task", id="t1"))["done"] is False
        assert await call(chat, mode, "delete_task", id="t1") == {"id": "t1", "deleted": True}
        assert not behind.tasks


class TestARefusal:
    async def test_is_told_in_the_words_of_the_service(
        self, chat: ServiceUnderTest, behind: Behind, mode: str
    ) -> None:
        wrong = [{"pointer": "/due_time", "detail": "due_time needs a due_date"}]
        behind.refusal = answer(422, detail="The request is not valid", errors=wrong)
        said = await refusal(chat, mode, "create_task", task={"title": "x", "due_time": "09:00"})
        assert said.endswith("/due_time: due_time needs a due_date")

    async def test_of_a_scope_says_which(self, chat: ServiceUnderTest, behind: Behind, mode: str) -> None:
        behind.refusal = answer(403, detail="This needs an API token with the scope tasks:write.")
        assert "tasks:write" in await refusal(chat, mode, "complete_task", id="t1")

    async def test_of_what_is_gone(self, chat: ServiceUnderTest, mode: str) -> None:
        assert (await refusal(chat, mode, "get_task", id="t9")).endswith("That task is gone.")

    @pytest.mark.parametrize("id", ["../projects/1", "t1/complete", "t1?x=1", "", "."])
    async def test_of_an_id_that_leads_elsewhere(
        self, chat: ServiceUnderTest, behind: Behind, mode: str, id: str
    ) -> None:
        for tool in ("get_task", "delete_task", "complete_task"):
            await refusal(chat, mode, tool, id=id)
        assert not behind.requests

    async def test_of_a_field_that_is_none(self, chat: ServiceUnderTest, behind: Behind, mode: str) -> None:
        assert "prio" in await refusal(chat, mode, "update_task", id="t1", changes={"prio": 3})
        assert not behind.requests

    async def test_of_what_failed_here_tells_nothing(
        self, chat: ServiceUnderTest, behind: Behind, mode: str
    ) -> None:
        behind.refusal = answer(500, detail="SELECT secret FROM table")
        assert "SELECT" not in await refusal(chat, mode, "complete_task", id="t1")


class TestACallThatComesAgain:
    async def test_changes_nothing_twice(self, chat: ServiceUnderTest, behind: Behind, mode: str) -> None:
        """The edge sends it again, with the key it had, when a replica dies over it."""
        chat.client.headers["idempotency-key"] = "edge-1"
        for _ in range(2):
            await call(chat, mode, "add_task", text="bread")
        assert len({request.headers["idempotency-key"] for request in behind.changes}) == 1

    async def test_of_another_time_is_another_one(
        self, chat: ServiceUnderTest, behind: Behind, mode: str
    ) -> None:
        for _ in range(2):
            await call(chat, mode, "add_task", text="bread")
        assert len({request.headers["idempotency-key"] for request in behind.changes}) == 2


class TestAStranger:
    async def test_is_shown_nothing(self, chat: ServiceUnderTest, mode: str) -> None:
        del chat.client.headers["authorization"]
        body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
        answered = await chat.client.post("/mcp", json=body)
        assert answered.status_code == 401, mode
        assert answered.headers["www-authenticate"] == "Bearer"
