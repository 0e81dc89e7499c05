"""Delivered events have their effect once, and none blocks the others; on both databases."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from opentelemetry.trace import NoOpTracer
from sqlalchemy import select, text
from sqlmodel import SQLModel, col

from contracts.batch import BATCH_TYPE
from contracts.event import wrap
from contracts.names import App, Topic
from contracts.user import UserDeleted, UserUpdated
from servicekit.dapr.bulk_publish import OutboundMessage
from servicekit.dapr.sidecar import Sidecar
from servicekit.errors import Unavailable
from servicekit.messaging import consumer
from servicekit.messaging.consumer import DeliveryStatus, EventConsumer, EventContext, parse_message
from servicekit.messaging.outbox import OutboxRow, record_dead_letter, record_event
from servicekit.messaging.replays import replay_messages
from servicekit.persistence.database import Database

OK, AGAIN = DeliveryStatus.SUCCESS, DeliveryStatus.RETRY


@dataclass
class RecordingSidecar(Sidecar):
    """Keeps what is published; or is away."""

    published: list[OutboundMessage] = field(default_factory=list)
    away: bool = False

    async def publish(self, topic: Topic, event: OutboundMessage) -> None:
        assert topic is Topic.DEAD_LETTERS
        if self.away:
            raise Unavailable
        self.published.append(event)


async def _on_updated(received: EventContext[UserUpdated]) -> None:
    """The effect: the event is recorded again; some names fail after it."""
    record_event(received.session, received.event)
    if received.event.name == "bug":
        raise KeyError("no such thing")
    if received.event.name == "away":
        raise Unavailable("the other service is away")
    if received.event.name == "cut":
        await received.session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumer, "RETRY_DELAYS", (0.001, 0.001))


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(App.ANALYTICS, database_url)
    async with database.engine.begin() as connection:
        await connection.run_sync(SQLModel.metadata.create_all)
    yield database
    await database.close()


@pytest.fixture
def sidecar() -> RecordingSidecar:
    return RecordingSidecar(1)


@pytest.fixture
def event_consumer(database: Database, sidecar: RecordingSidecar) -> EventConsumer:
    return EventConsumer(database, sidecar, NoOpTracer(), {UserUpdated: _on_updated})


def _event(name: str, id: str) -> dict[str, Any]:
    event = UserUpdated(user_id="u", email="", name=name, time_zone="UTC")
    envelope = wrap(event, id=id, source="/", time=datetime.now(UTC), traceparent="")
    message: dict[str, Any] = json.loads(envelope.model_dump_json())
    return message


async def _deliver(event_consumer: EventConsumer, *raw: Any) -> list[DeliveryStatus]:
    return await event_consumer.consume([parse_message(Topic.USER_EVENTS, event) for event in raw])


async def _effects_of(database: Database) -> list[str]:
    async with database.reading() as session:
        rows = await session.scalars(select(col(OutboxRow.payload)).order_by(col(OutboxRow.seq)))
        return [json.loads(row)["data"]["name"] for row in rows]


class TestEffect:
    async def test_happens_once_for_a_repeat(self, event_consumer: EventConsumer, database: Database) -> None:
        event = _event("a", "1")
        assert await _deliver(event_consumer, event) == [OK]
        assert await _deliver(event_consumer, event) == [OK]
        assert await _effects_of(database) == ["a"]

    async def test_happens_once_for_a_repeat_in_the_batch(
        self, event_consumer: EventConsumer, database: Database
    ) -> None:
        event = _event("a", "1")
        assert await _deliver(event_consumer, event, event, _event("b", "2")) == [OK] * 3
        assert await _effects_of(database) == ["a", "b"]

    async def test_keeps_the_order_of_the_batch(
        self, event_consumer: EventConsumer, database: Database
    ) -> None:
        await _deliver(event_consumer, *(_event(name, name) for name in "edcba"))
        assert await _effects_of(database) == list("edcba")


class TestPoison:
    async def test_that_can_not_be_read_is_buried_and_blocks_nothing(
        self, event_consumer: EventConsumer, database: Database, sidecar: RecordingSidecar
    ) -> None:
        broken = _event("x", "2")
        del broken["data"]["email"]
        statuses = await _deliver(event_consumer, _event("a", "1"), broken, _event("b", "3"))
        assert statuses == [OK] * 3
        assert await _effects_of(database) == ["a", "b"]
        dead_letter = json.loads(sidecar.published[0].payload)
        assert dead_letter["data"]["event"] == broken
        assert dead_letter["data"]["consumer"] == "analytics"
        assert "email" in dead_letter["data"]["cause"]

    @pytest.mark.parametrize("raw", ["text", 7, None, [], {}, {"id": "1"}])
    async def test_that_is_no_event_at_all_is_buried(
        self, event_consumer: EventConsumer, sidecar: RecordingSidecar, raw: Any
    ) -> None:
        assert await _deliver(event_consumer, raw) == [OK]
        assert json.loads(sidecar.published[0].payload)["data"]["event"] == raw

    async def test_whose_handler_fails_is_buried_with_the_cause_and_has_no_effect(
        self, event_consumer: EventConsumer, database: Database, sidecar: RecordingSidecar
    ) -> None:
        statuses = await _deliver(event_consumer, _event("a", "1"), _event("bug", "2"), _event("b", "3"))
        assert statuses == [OK] * 3
        assert await _effects_of(database) == ["a", "b"]
        dead_letter = json.loads(sidecar.published[0].payload)
        assert dead_letter["data"]["cause"] == "KeyError: 'no such thing'"

    async def test_is_asked_for_again_when_it_can_not_be_buried(
        self, event_consumer: EventConsumer, database: Database, sidecar: RecordingSidecar
    ) -> None:
        sidecar.away = True
        statuses = await _deliver(event_consumer, _event("a", "1"), _event("bug", "2"), _event("b", "3"))
        assert statuses == [OK, AGAIN, AGAIN]
        assert await _effects_of(database) == ["a"]


class TestUnreachable:
    async def test_part_makes_the_whole_batch_come_again(
        self, event_consumer: EventConsumer, database: Database, sidecar: RecordingSidecar
    ) -> None:
        assert await _deliver(event_consumer, _event("a", "1"), _event("away", "2")) == [AGAIN, AGAIN]
        assert await _effects_of(database) == []
        assert sidecar.published == []

    async def test_database_makes_the_whole_batch_come_again(self, sidecar: RecordingSidecar) -> None:
        away = Database(App.ANALYTICS, "postgresql+asyncpg://todo@127.0.0.1:1/none")
        event_consumer = EventConsumer(away, sidecar, NoOpTracer(), {UserUpdated: _on_updated})
        assert await _deliver(event_consumer, _event("a", "1")) == [AGAIN]
        assert sidecar.published == []

    async def test_database_that_stops_in_the_middle_does_too(
        self, event_consumer: EventConsumer, database: Database, sidecar: RecordingSidecar
    ) -> None:
        if database.is_sqlite:
            pytest.skip("SQLite has no connections to cut")
        assert await _deliver(event_consumer, _event("a", "1"), _event("cut", "2")) == [AGAIN, AGAIN]
        assert await _deliver(event_consumer, _event("cut", "2")) == [AGAIN]
        assert await _effects_of(database) == []
        assert sidecar.published == []


class TestForeignEvents:
    async def test_of_unknown_type_are_passed_over(
        self, event_consumer: EventConsumer, sidecar: RecordingSidecar
    ) -> None:
        newer = _event("a", "1") | {"type": "todo.user.promoted.v1"}
        assert await _deliver(event_consumer, newer) == [OK]
        assert sidecar.published == []

    async def test_without_a_handler_are_passed_over(
        self, event_consumer: EventConsumer, sidecar: RecordingSidecar
    ) -> None:
        event = wrap(UserDeleted(user_id="u"), id="1", source="/", time=datetime.now(UTC), traceparent="")
        assert await _deliver(event_consumer, json.loads(event.model_dump_json())) == [OK]
        assert sidecar.published == []


class TestReplay:
    """An operator hands an event over once more."""

    async def test_has_the_effect_once(self, event_consumer: EventConsumer, database: Database) -> None:
        delivery = parse_message(Topic.USER_EVENTS, _event("a", "1"))
        assert [await event_consumer.replay(delivery), await event_consumer.replay(delivery)] == [True, False]
        assert await _effects_of(database) == ["a"]

    async def test_that_fails_is_told_and_not_buried_again(
        self, event_consumer: EventConsumer, database: Database, sidecar: RecordingSidecar
    ) -> None:
        with pytest.raises(KeyError):
            await event_consumer.replay(parse_message(Topic.USER_EVENTS, _event("bug", "1")))
        assert (sidecar.published, await _effects_of(database)) == ([], [])

    async def test_of_what_nobody_handles_here_does_nothing(self, event_consumer: EventConsumer) -> None:
        nobodys = _event("a", "1") | {"type": "todo.unheard.of.v1"}
        assert await event_consumer.replay(parse_message(Topic.USER_EVENTS, nobodys)) is False

    async def test_of_a_batch_has_the_effects_that_are_left(
        self, event_consumer: EventConsumer, database: Database
    ) -> None:
        names = ("a", "b", "c")
        batch = {"type": BATCH_TYPE, "id": "1..3", "data": {"events": [_event(name, name) for name in names]}}
        assert await _deliver(event_consumer, _event("b", "b")) == [OK]
        for outcome in ("done", "nothing to do"):
            assert (await replay_messages(event_consumer, Topic.USER_EVENTS, batch)).outcome == outcome
        assert await _effects_of(database) == ["b", "a", "c"]


class TestOwnLetters:
    """What a service gives up by itself, such as a delivery nobody takes, is a dead letter, too."""

    async def test_carry_the_event_and_the_cause(self, database: Database) -> None:
        async with database.transaction() as session:
            recorded = record_event(session, UserDeleted(user_id="u"))
            record_dead_letter(session, recorded, "the other side answered 500")
        async with database.reading() as session:
            event, dead_letter = (await session.scalars(select(OutboxRow).order_by(col(OutboxRow.seq)))).all()
        assert (dead_letter.topic, dead_letter.key) == (Topic.DEAD_LETTERS, "u")
        assert json.loads(dead_letter.payload)["data"]["event"] == json.loads(event.payload)
        assert json.loads(dead_letter.payload)["data"]["cause"] == "the other side answered 500"


BROKEN_TEXT = st.sampled_from(["\ud83d", "a\udc00b", "\x00", "\x00\ud83d", "a" * 100_000])
BROKEN = st.recursive(
    BROKEN_TEXT | st.integers(2**63, 2**400) | st.sampled_from([float("nan"), float("inf"), None, True]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(BROKEN_TEXT, inner, max_size=3),
    max_leaves=6,
)


def _deep(levels: int) -> Any:
    found: Any = "a"
    for _ in range(levels):
        found = [found]
    return found


class TestABrokenEvent:
    """Whatever an event is made of, it goes to the dead letters at once, and those can be read and stored."""

    @settings(
        max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
    )
    @given(
        broken=BROKEN,
        place=st.sampled_from(["all", "id", "type", "data", "name", "time", "partitionkey"]),
    )
    async def test_is_given_up_and_holds_up_nobody(self, database: Database, broken: Any, place: str) -> None:
        sidecar = RecordingSidecar(1)
        event_consumer = EventConsumer(database, sidecar, NoOpTracer(), {UserUpdated: _on_updated})
        raw: Any = _event("ada", str(uuid4()))
        if place == "name":
            raw["data"]["name"] = broken
        else:
            raw = broken if place == "all" else raw | {place: broken}
        batch = [
            parse_message(Topic.USER_EVENTS, raw),
            parse_message(Topic.USER_EVENTS, _event("bob", str(uuid4()))),
        ]
        assert await event_consumer.consume(batch) == [OK, OK]
        for dead_letter in sidecar.published:
            text = orjson.dumps(orjson.loads(dead_letter.payload)).decode()
            assert "\\u0000" not in text

    async def test_that_is_deep_is_given_up(
        self, event_consumer: EventConsumer, sidecar: RecordingSidecar
    ) -> None:
        assert await event_consumer.consume([parse_message(Topic.USER_EVENTS, _deep(900))]) == [OK]
        assert len(sidecar.published) == 1

    async def test_says_why_without_what_it_holds(
        self, event_consumer: EventConsumer, sidecar: RecordingSidecar
    ) -> None:
        raw = _event("ada", "1") | {"data": {"name": "private words"}}
        assert await event_consumer.consume([parse_message(Topic.USER_EVENTS, raw)]) == [OK]
        assert "private words" not in orjson.loads(sidecar.published[0].payload)["data"]["cause"]
