"""What daprd delivers to a replica of the frontend, and what open pages are told of it."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from unittest.mock import Mock

import httpx2
import orjson
import pytest
from fastapi import FastAPI
from frontend_service.live import subscriptions
from frontend_service.live.broker import SseBroker

from contracts.batch import BATCH_TYPE
from contracts.event import wrap
from contracts.label import LabelDeleted, LabelSnapshot
from contracts.names import Topic

NOW = datetime(2026, 1, 1, tzinfo=UTC)
FOREVER = 2.0**40


def event(id: str, user_id: str = "ada") -> dict[str, Any]:
    label = LabelSnapshot(
        id="l", name="home", colour=None, position="a", version=1, created_at=NOW, updated_at=NOW
    )
    deleted = LabelDeleted(user_id=user_id, label=label)
    parsed: dict[str, Any] = orjson.loads(
        wrap(deleted, id=id, source="/", time=NOW, traceparent="").model_dump_json()
    )
    return parsed


@pytest.fixture
def broker() -> SseBroker:
    return SseBroker()


@pytest.fixture
async def daprd(broker: SseBroker) -> AsyncIterator[httpx2.AsyncClient]:
    app = FastAPI()
    subscriptions.mount(app, broker)
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://app") as client:
        yield client


async def deliver(daprd: httpx2.AsyncClient, *messages: Any) -> None:
    entries = [{"entryId": str(number), "event": each} for number, each in enumerate(messages)]
    (path,) = [
        each["route"] if "route" in each else each["routes"]["default"]
        for each in (await daprd.get("/dapr/subscribe")).json()
        if each["topic"] == Topic.TODO_EVENTS
    ]
    response = await daprd.post(path, content=json_of({"entries": entries}))
    assert [each["status"] for each in response.json()["statuses"]] == ["SUCCESS"] * len(messages)


def json_of(body: Any) -> bytes:
    """As daprd would send it, half a surrogate pair included."""
    return json.dumps(body).encode()


async def read_events(broker: SseBroker, number: int) -> list[str]:
    """So many events that the page of ada, which has seen none, is told."""
    beginning = ".".join(broker.log.open_log("ada").evicted_ids)
    stream = broker.subscribe("ada", beginning, FOREVER)
    await anext(stream)
    return [(await anext(stream)).decode() for _ in range(number)]


class TestSubscribedPage:
    async def test_receives_each_event_of_a_batch_message(
        self, daprd: httpx2.AsyncClient, broker: SseBroker
    ) -> None:
        batch = {"type": BATCH_TYPE, "id": "1..2", "data": {"events": [event("1"), event("2")]}}
        await deliver(daprd, batch, event("3"))
        found = await read_events(broker, 3)
        assert [each.split(".")[0] for each in found] == ["id: 1", "id: 2", "id: 3"]
        expected = LabelDeleted.model_validate(event("1")["data"]).model_dump_json()
        assert found[0].split("\n")[1:3] == ["event: todo.label.deleted.v1", f"data: {expected}"]

    async def test_receives_the_fields_of_the_contract(
        self, daprd: httpx2.AsyncClient, broker: SseBroker
    ) -> None:
        newer = event("1")
        newer["data"]["invented_later"] = 1
        await deliver(daprd, newer)
        assert "invented_later" not in (await read_events(broker, 1))[0]

    async def test_receives_no_invalid_event(self, daprd: httpx2.AsyncClient, broker: SseBroker) -> None:
        broken = event("1") | {"data": {"user_id": "ada"}}
        halved = event("2") | {"subject": "\ud800"}
        unknown = event("3") | {"type": "todo.invented-later.v1"}
        await deliver(daprd, broken, halved, unknown, "no event", {"type": BATCH_TYPE}, event("4"))
        first, second = await read_events(broker, 2)
        assert first.startswith(":")
        assert second.startswith("id: 4.")


async def test_an_event_is_parsed_once_and_only_when_a_page_receives_it(
    daprd: httpx2.AsyncClient, broker: SseBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    parse = Mock(side_effect=subscriptions._read_data)
    monkeypatch.setattr(subscriptions, "_read_data", parse)
    await deliver(daprd, *[event(str(number)) for number in range(10)])
    assert parse.call_count == 0
    first, second = await read_events(broker, 10), await read_events(broker, 10)
    assert first == second
    assert parse.call_count == 10
