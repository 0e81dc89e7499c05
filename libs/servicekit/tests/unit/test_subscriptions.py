"""The event endpoint: what daprd is told of it, what comes in, and what is answered."""

import base64
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncSession

from contracts.batch import BATCH_TYPE
from contracts.names import App, Topic
from contracts.notification import DeliveryFailed
from contracts.task import TaskCreated
from contracts.user import UserDeleted, UserUpdated
from servicekit.messaging.consumer import DeliveryStatus, EventContext, InboundMessage
from servicekit.messaging.subscriptions import Subscriptions, mount_subscriptions
from servicekit.persistence.database import Database

listens = Subscriptions()
raw: list[Any] = []
retry: set[str] = set()


@listens.on(UserDeleted)
@listens.on(UserUpdated)
@listens.on(TaskCreated)
@listens.on_replay(DeliveryFailed)
async def handle(_: EventContext[Any]) -> None:
    """What is delivered is looked at in `delivered`."""


@listens.on_raw(Topic.DEAD_LETTERS)
async def keep(_: AsyncSession, message: Any) -> None:
    raw.append(message)


@pytest.fixture
def delivered() -> list[InboundMessage]:
    return []


@pytest.fixture
async def daprd(tmp_path: Path, delivered: list[InboundMessage]) -> AsyncIterator[httpx2.AsyncClient]:
    """Whoever delivers; events of the ids in `retry` are asked for again."""

    async def deliver(batch: Sequence[InboundMessage]) -> list[DeliveryStatus]:
        delivered.extend(batch)
        return [DeliveryStatus.RETRY if each.raw["id"] in retry else DeliveryStatus.SUCCESS for each in batch]

    app, database = FastAPI(), Database(App.TASK, f"sqlite+aiosqlite:///{tmp_path}/x.db")
    mount_subscriptions(app, listens, deliver, database)
    raw.clear()
    retry.clear()
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://app") as client:
        yield client
    await database.close()


async def subscribed(daprd: httpx2.AsyncClient) -> dict[str, dict[str, Any]]:
    return {each["topic"]: each for each in (await daprd.get("/dapr/subscribe")).json()}


class TestASubscription:
    async def test_is_one_a_topic_that_is_heard(self, daprd: httpx2.AsyncClient) -> None:
        """An event that comes from the dead letters only is none."""
        assert set(await subscribed(daprd)) == {Topic.TODO_EVENTS, Topic.USER_EVENTS, Topic.DEAD_LETTERS}

    async def test_is_in_bulk_and_has_somewhere_to_leave_what_fails(self, daprd: httpx2.AsyncClient) -> None:
        subscription = (await subscribed(daprd))[Topic.USER_EVENTS]
        assert subscription["deadLetterTopic"] == Topic.DEAD_LETTERS
        bulk = subscription["bulkSubscribe"]
        assert (bulk["enabled"], bulk["maxMessagesCount"]) == (True, 100)

    async def test_of_the_dead_letters_is_raw_and_has_none(self, daprd: httpx2.AsyncClient) -> None:
        subscription = (await subscribed(daprd))[Topic.DEAD_LETTERS]
        assert subscription["metadata"] == {"rawPayload": "true"}
        assert not subscription.get("deadLetterTopic")

    def test_has_one_handler_an_event(self) -> None:
        with pytest.raises(ValueError, match="UserDeleted has a handler already"):
            listens.on(UserDeleted)(handle)


class TestABatch:
    async def test_is_answered_event_by_event(
        self, daprd: httpx2.AsyncClient, delivered: list[InboundMessage]
    ) -> None:
        retry.add("b")
        entries = [{"entryId": id, "event": {"type": "unknown", "id": id}} for id in ("a", "b")]
        response = await daprd.post("/events/pubsub/user-events", json={"entries": entries})
        assert response.json() == {
            "statuses": [{"entryId": "a", "status": "SUCCESS"}, {"entryId": "b", "status": "RETRY"}]
        }
        assert [(each.topic, each.raw["id"]) for each in delivered] == [
            (Topic.USER_EVENTS, "a"),
            (Topic.USER_EVENTS, "b"),
        ]

    async def test_comes_again_whole_if_one_event_of_a_message_has_to(
        self, daprd: httpx2.AsyncClient, delivered: list[InboundMessage]
    ) -> None:
        events = [{"type": "unknown", "id": id} for id in ("b", "c")]
        message = {"type": BATCH_TYPE, "id": "b..c", "data": {"events": events}}
        entries = [
            {"entryId": "1", "event": {"type": "unknown", "id": "a"}},
            {"entryId": "2", "event": message},
        ]
        retry.add("c")
        response = await daprd.post("/events/pubsub/todo-events", json={"entries": entries})
        assert [each["status"] for each in response.json()["statuses"]] == ["SUCCESS", "RETRY"]
        assert [each.raw["id"] for each in delivered] == ["a", "b", "c"]


class TestARawMessage:
    @pytest.mark.parametrize(
        ("wrapped", "message"),
        [
            ({"data_base64": base64.b64encode(b'{"a": 1}').decode()}, {"a": 1}),
            ({"data_base64": base64.b64encode(b"no json").decode()}, base64.b64encode(b"no json").decode()),
            ({"data": {"a": 1}}, {"a": 1}),
            ({}, None),
        ],
    )
    async def test_is_taken_as_it_is(
        self, daprd: httpx2.AsyncClient, wrapped: dict[str, Any], message: Any
    ) -> None:
        response = await daprd.post("/events/pubsub/dlq", json=wrapped)
        assert (response.json(), raw) == ({"status": "SUCCESS"}, [message])
