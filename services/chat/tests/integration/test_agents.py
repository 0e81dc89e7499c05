"""What agents see and can do over MCP, with the protocol's own client."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from chat_service.mcp.task_tools import TOOLS
from jsonschema import Draft202012Validator
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from conftest import ServiceUnderTest
from services.chat.tests.fake_backend import FakeBackend
from tests.api_responses import make_object
from tests.fake_sidecar import make_response

pytestmark = pytest.mark.parametrize("mode", ["auto", "legacy"])
"""Of the protocol: without a handshake, and with one, as clients before 2026-07-28 do it."""


@pytest.fixture
def backend() -> FakeBackend:
    return FakeBackend(tasks={"t1": make_object("TaskRead", id="t1", title="milk", done=False)})


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
    [content] = result.content
    return str(content.text)  # type: ignore[union-attr]


def parts_of(schema: Any) -> Iterator[dict[str, Any]]:
    """The schema and every schema inside it."""
    if isinstance(schema, dict):
        yield schema
    for part in schema.values() if isinstance(schema, dict) else schema:
        if isinstance(part, dict | list):
            yield from parts_of(part)


class TestAnAgent:
    async def test_learns_what_it_can_do(self, chat: ServiceUnderTest, mode: str) -> None:
        async with agent(chat, mode) as client:
            tools = (await client.list_tools()).tools
        assert {tool.name for tool in tools} == {tool.__name__ for tool, _ in TOOLS}
        assert all(tool.description and tool.annotations for tool in tools)
        reading = {tool.name for tool in tools if tool.annotations and tool.annotations.read_only_hint}
        assert reading == {"find_tasks", "get_task", "list_projects", "list_labels"}

    async def test_finds_tasks_as_the_api_does(
        self, chat: ServiceUnderTest, backend: FakeBackend, mode: str
    ) -> None:
        found = await call(chat, mode, "find_tasks", filter="due <= today or done", text="milk & egg")
        assert found == {"items": [backend.tasks["t1"]], "next_cursor": None}
        [request] = backend.requests
        assert request.path == "/tasks?filter=due+%3C%3D+today+or+done&q=milk+%26+egg&limit=50"
        assert request.headers["authorization"] == chat.client.headers["authorization"]

    @pytest.mark.parametrize(
        ("arguments", "filter"),
        [
            ({}, "not done"),
            ({"filter": None, "cursor": None}, "not done"),
            ({"filter": 'title ~ "done" or priority = 4'}, '(title ~ "done" or priority = 4) and not done'),
            ({"filter": "completed >= today"}, "completed >= today"),
            ({"include_done": True}, None),
        ],
    )
    async def test_finds_what_is_open_unless_it_asks_for_more(
        self,
        chat: ServiceUnderTest,
        backend: FakeBackend,
        mode: str,
        arguments: dict[str, Any],
        filter: str | None,
    ) -> None:
        await call(chat, mode, "find_tasks", **arguments)
        assert parse_qs(urlsplit(backend.requests[0].path).query).get("filter", [None]) == [filter]

    async def test_reads_one(self, chat: ServiceUnderTest, mode: str) -> None:
        assert (await call(chat, mode, "get_task", id="t1"))["title"] == "milk"

    @pytest.mark.parametrize("tool", ["list_projects", "list_labels"])
    async def test_lists_what_tasks_belong_to(
        self, chat: ServiceUnderTest, backend: FakeBackend, mode: str, tool: str
    ) -> None:
        assert await call(chat, mode, tool, cursor="c") == {"items": [], "next_cursor": None}
        assert backend.requests[0].path == f"/{tool.removeprefix('list_')}?limit=200&cursor=c"

    async def test_adds_in_words_and_by_fields(
        self, chat: ServiceUnderTest, backend: FakeBackend, mode: str
    ) -> None:
        await call(chat, mode, "add_task", text="bread tomorrow !3")
        await call(chat, mode, "create_task", title="rent", priority=3)
        assert [request.json for request in backend.changes] == [
            {"quick": "bread tomorrow !3", "marks": "todo"},
            {"title": "rent", "priority": 3},
        ]

    async def test_changes_what_it_names(
        self, chat: ServiceUnderTest, backend: FakeBackend, mode: str
    ) -> None:
        await call(chat, mode, "update_task", id="t1", title="oat milk", clear=["due_date", "labels"])
        [change] = backend.changes
        assert (change.method, change.path) == ("PATCH", "/tasks/t1")
        assert change.json == {"title": "oat milk", "due_date": None, "labels": None}

    async def test_empties_nothing_by_sending_every_field(
        self, chat: ServiceUnderTest, backend: FakeBackend, mode: str
    ) -> None:
        """As clients in a strict mode must: what they have nothing to say of is null."""
        async with agent(chat, mode) as client:
            [schema] = [
                tool.input_schema for tool in (await client.list_tools()).tools if tool.name == "update_task"
            ]
        nothing = dict.fromkeys(schema["properties"]) | {"id": "t1"}
        await call(chat, mode, "update_task", **nothing)
        assert backend.changes == []
        await call(chat, mode, "update_task", **nothing | {"notes": "oat"})
        assert [change.json for change in backend.changes] == [{"notes": "oat"}]

    async def test_says_how_a_task_repeats_and_reminds(
        self, chat: ServiceUnderTest, backend: FakeBackend, mode: str
    ) -> None:
        rule = {"rule": "FREQ=DAILY", "from": "completion", "month_end": None}
        reminders = [{"minutes_before": 5, "at": None}, {"at": "2031-01-01T09:00:00Z"}]
        await call(chat, mode, "update_task", id="t1", recurrence=rule, reminders=reminders)
        assert backend.changes[0].json == {
            "recurrence": {"rule": "FREQ=DAILY", "from": "completion"},
            "reminders": [{"minutes_before": 5}, {"at": "2031-01-01T09:00:00Z"}],
        }

    async def test_is_offered_schemas_that_strict_clients_take(
        self, chat: ServiceUnderTest, mode: str
    ) -> None:
        """Closed, without defaults, and valid by their own standard."""
        async with agent(chat, mode) as client:
            schemas = [tool.input_schema for tool in (await client.list_tools()).tools]
        for schema in schemas:
            Draft202012Validator.check_schema(schema)
            for part in parts_of(schema):
                assert "default" not in part
                assert part.get("type") != "object" or part["additionalProperties"] is False

    async def test_ticks_off_reopens_deletes(
        self, chat: ServiceUnderTest, backend: FakeBackend, mode: str
    ) -> None:
        assert (await call(chat, mode, "complete_task", id="t1"))["done"] is True
        assert (await call(chat, mode, "reopen_task", id="t1"))["done"] is False
        assert await call(chat, mode, "delete_task", id="t1") == {"id": "t1", "deleted": True}
        assert not backend.tasks


class TestARefusal:
    async def test_is_told_in_the_words_of_the_service(
        self, chat: ServiceUnderTest, backend: FakeBackend, mode: str
    ) -> None:
        wrong = [{"pointer": "/due_time", "detail": "due_time needs a due_date"}]
        backend.refusal = make_response(422, detail="The request is not valid", errors=wrong)
        message = await refusal(chat, mode, "create_task", title="x", due_time="09:00")
        assert message == "/due_time: due_time needs a due_date"

    async def test_of_wrong_arguments_says_which_in_our_words(
        self, chat: ServiceUnderTest, backend: FakeBackend, mode: str
    ) -> None:
        wrong = {"notes": ["a"], "priority": 9, "reminders": [{"minutes_before": "x"}]}
        message = await refusal(chat, mode, "update_task", id="t1", **wrong)
        assert message == (
            "/notes: has to be text; /priority: has to be at most 4; "
            "/reminders/0/minutes_before: has to be a whole number"
        )
        assert backend.requests == []

    async def test_of_a_field_that_is_set_and_cleared(
        self, chat: ServiceUnderTest, backend: FakeBackend, mode: str
    ) -> None:
        message = await refusal(chat, mode, "update_task", id="t1", notes="x", clear=["notes"])
        assert message == "/clear: notes can't be set and cleared at once"
        assert "/clear/0" in await refusal(chat, mode, "update_task", id="t1", clear=["title"])
        assert backend.requests == []

    async def test_of_a_tool_that_is_none(self, chat: ServiceUnderTest, mode: str) -> None:
        assert await refusal(chat, mode, "wipe_everything") == "There is no tool called 'wipe_everything'."

    async def test_of_a_scope_says_which(
        self, chat: ServiceUnderTest, backend: FakeBackend, mode: str
    ) -> None:
        backend.refusal = make_response(403, detail="This needs an API token with the scope tasks:write.")
        assert "tasks:write" in await refusal(chat, mode, "complete_task", id="t1")

    async def test_of_what_is_gone(self, chat: ServiceUnderTest, mode: str) -> None:
        assert (await refusal(chat, mode, "get_task", id="t9")).startswith("There is no such task.")

    @pytest.mark.parametrize("id", ["../projects/1", "t1/complete", "t1?x=1", "", "."])
    async def test_of_an_id_that_leads_elsewhere(
        self, chat: ServiceUnderTest, backend: FakeBackend, mode: str, id: str
    ) -> None:
        for tool in ("get_task", "delete_task", "complete_task"):
            await refusal(chat, mode, tool, id=id)
        assert not backend.requests

    async def test_of_a_field_that_is_none(
        self, chat: ServiceUnderTest, backend: FakeBackend, mode: str
    ) -> None:
        assert await refusal(chat, mode, "update_task", id="t1", prio=3) == "/prio: unknown argument"
        assert not backend.requests

    async def test_of_what_failed_here_tells_nothing(
        self, chat: ServiceUnderTest, backend: FakeBackend, mode: str
    ) -> None:
        backend.refusal = make_response(500, detail="SELECT secret FROM table")
        assert "SELECT" not in await refusal(chat, mode, "complete_task", id="t1")


class TestACallThatComesAgain:
    async def test_changes_nothing_twice(
        self, chat: ServiceUnderTest, backend: FakeBackend, mode: str
    ) -> None:
        """The edge sends it again, with the key it had, when a replica dies over it."""
        chat.client.headers["idempotency-key"] = "edge-1"
        for _ in range(2):
            await call(chat, mode, "add_task", text="bread")
        assert len({request.headers["idempotency-key"] for request in backend.changes}) == 1

    async def test_of_another_time_is_another_one(
        self, chat: ServiceUnderTest, backend: FakeBackend, mode: str
    ) -> None:
        for _ in range(2):
            await call(chat, mode, "add_task", text="bread")
        assert len({request.headers["idempotency-key"] for request in backend.changes}) == 2


class TestAStranger:
    async def test_is_shown_nothing(self, chat: ServiceUnderTest, mode: str) -> None:
        del chat.client.headers["authorization"]
        body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
        answered = await chat.client.post("/mcp", json=body)
        assert answered.status_code == 401, mode
        assert answered.headers["www-authenticate"] == "Bearer"
