"""The door of events: what daprd is told of it, what comes in, and what is answered."""

import base64
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncSession

from contracts.names import App, Topic
from contracts.notification import DeliveryFailed
from contracts.task import TaskCreated
from contracts.user import UserDeleted, UserUpdated
from servicekit.database import Database
from servicekit.deliveries import Delivery, Received, Status
from servicekit.subscriptions import Subscriptions, mount

listens = Subscriptions()
raw: list[Any] = []


@listens.on(UserDeleted)
@listens.on(UserUpdated)
@listens.on(TaskCreated)
@listens.on_replay(DeliveryFailed)
async def handle(_: Received[Any]) -> None:
    """What is delivered is looked at in `delivered`."""


@listens.on_raw(Topic.DEAD_LETTERS)
async def keep(_: AsyncSession, message: Any) -> None:
    raw.append(message)


@pytest.fixture
def delivered() -> list[Delivery]:
    return []


@pytest.fixture
async def daprd(tmp_path: Path, delivered: list[Delivery]) -> AsyncIterator[httpx2.AsyncClient]:
    """Whoever delivers; of two events the second one is asked for again."""

    async def deliver(batch: Sequence[Delivery]) -> list[Status]:
        delivered.extend(batch)
        return [Status.SUCCESS, Status.RETRY][: len(batch)]

    app, database = FastAPI(), Database(App.TASK, f"sqlite+aiosqlite:///{tmp_path}/x.db")
    mount(app, listens, deliver, database)
    raw.clear()
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
        told = (await subscribed(daprd))[Topic.USER_EVENTS]
        assert told["deadLetterTopic"] == Topic.DEAD_LETTERS
        bulk = told["bulkSubscribe"]
        assert (bulk["enabled"], bulk["maxMessagesCount"]) == (True, 100)

    async def test_of_the_dead_letters_is_raw_and_has_none(self, daprd: httpx2.AsyncClient) -> None:
        told = (await subscribed(daprd))[Topic.DEAD_LETTERS]
        assert told["metadata"] == {"rawPayload": "true"}
        assert not told.get("deadLetterTopic")

    def test_has_one_handler_an_event(self) -> None:
        with pytest.raises(ValueError, match="UserDeleted has a handler already"):
            listens.on(UserDeleted)(handle)


class TestABatch:
    async def test_is_answered_event_by_event(
        self, daprd: httpx2.AsyncClient, delivered: list[Delivery]
    ) -> None:
        entries = [{"entryId": id, "event": {"type": "unknown", "id": id}} for id in ("a", "b")]
        answer = await daprd.post("/events/pubsub/user-events", json={"entries": entries})
        assert answer.json() == {
            "statuses": [{"entryId": "a", "status": "SUCCESS"}, {"entryId": "b", "status": "RETRY"}]
        }
        assert [(each.topic, each.raw["id"]) for each in delivered] == [
            (Topic.USER_EVENTS, "a"),
            (Topic.USER_EVENTS, "b"),
        ]


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
        answer = await daprd.post("/events/pubsub/dlq", json=wrapped)
        assert (answer.json(), raw) == ({"status": "SUCCESS"}, [message])
