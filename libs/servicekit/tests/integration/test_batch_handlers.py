"""Events that follow one another go to a batch handler in one call, with the effect of one by one."""

import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ParentBased
from opentelemetry.trace import NoOpTracer, format_trace_id
from sqlalchemy import delete, select
from sqlmodel import SQLModel, col

from contracts.event import CloudEvent, Event, wrap
from contracts.names import App, Topic
from contracts.user import UserDeleted, UserSignedUp, UserUpdated
from servicekit.dapr.bulk_publish import OutboundMessage
from servicekit.dapr.sidecar import Sidecar
from servicekit.errors import Unavailable
from servicekit.messaging import consumer
from servicekit.messaging.consumer import (
    DeliveryStatus,
    EventBatchContext,
    EventConsumer,
    EventContext,
    Handler,
    parse_message,
)
from servicekit.messaging.outbox import OutboxRow, record_event
from servicekit.messaging.processed_messages import ProcessedMessageRow
from servicekit.messaging.subscriptions import Subscriptions
from servicekit.persistence.database import Database

OK, AGAIN = DeliveryStatus.SUCCESS, DeliveryStatus.RETRY
MODEST = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
FLAGS = {"a": "01", "b": "00", "c": "03"}
"""Of traces; an odd number says that they are recorded."""
calls: list[int] = []
"""How many events came with each call of the batch handler."""


@dataclass
class RecordingSidecar(Sidecar):
    """Keeps the causes of dead letters; or is away for some."""

    buried: list[str] = field(default_factory=list)

    async def publish(self, topic: Topic, event: OutboundMessage) -> None:
        dead_letter = json.loads(event.payload)["data"]
        if dead_letter["event"].get("data", {}).get("name") == "bug that nobody takes":
            raise Unavailable
        self.buried.append(f"{event.id}: {dead_letter['cause']}")


def _happen(received: EventContext[Any] | EventBatchContext[Any], event: Event) -> None:
    """The effect: the event is recorded again; some names fail after it."""
    record_event(received.session, event)
    name = getattr(event, "name", "")
    if name.startswith("bug"):
        raise KeyError("no such thing")
    if name == "away":
        raise Unavailable("the other service is away")


async def _on_one(received: EventContext[Any]) -> None:
    _happen(received, received.event)


async def _on_many(batch: EventBatchContext[Any]) -> None:
    calls.append(len(batch.envelopes))
    for envelope in batch.envelopes:
        _happen(batch, envelope.data)


def _handlers(*, batched: bool) -> dict[type[Event], Handler]:
    """Sign-ups come one by one, changes and ends of accounts together, if batched."""
    listens = Subscriptions()
    listens.on(UserSignedUp)(_on_one)
    if batched:
        listens.on_batch(UserUpdated, UserDeleted)(_on_many)
    else:
        listens.on(UserUpdated)(_on_one)
        listens.on(UserDeleted)(_on_one)
    return listens.handlers


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumer, "RETRY_DELAYS", (0.001, 0.001))
    calls.clear()


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(App.ANALYTICS, database_url)
    async with database.engine.begin() as connection:
        await connection.run_sync(SQLModel.metadata.create_all)
    yield database
    await database.close()


@pytest.fixture
def event_consumer(database: Database) -> EventConsumer:
    return EventConsumer(database, RecordingSidecar(1), NoOpTracer(), _handlers(batched=True))


def _event(kind: type[Event], id: str, name: str = "a", traceparent: str = "") -> dict[str, Any]:
    values = {"user_id": id, "email": "", "name": name, "time_zone": "UTC"}
    event = kind.model_validate(values)
    envelope: CloudEvent[Event] = wrap(
        event, id=id, source="/", time=datetime.now(UTC), traceparent=traceparent
    )
    message: dict[str, Any] = json.loads(envelope.model_dump_json())
    return message


async def _deliver(event_consumer: EventConsumer, raw: Sequence[Any]) -> list[DeliveryStatus]:
    return await event_consumer.consume([parse_message(Topic.USER_EVENTS, event) for event in raw])


async def _recorded(database: Database) -> list[str]:
    async with database.reading() as session:
        rows = await session.scalars(select(col(OutboxRow.payload)).order_by(col(OutboxRow.seq)))
        return [json.loads(row)["data"]["user_id"] for row in rows]


class TestABatchHandler:
    async def test_gets_what_follows_one_another_in_one_call(
        self, event_consumer: EventConsumer, database: Database
    ) -> None:
        kinds: list[type[Event]] = [UserUpdated, UserDeleted, UserUpdated, UserSignedUp, UserDeleted]
        raw = [_event(kind, str(number)) for number, kind in enumerate(kinds)]
        assert await _deliver(event_consumer, raw) == [OK] * 5
        assert calls == [3, 1]
        assert await _recorded(database) == ["0", "1", "2", "3", "4"]

    async def test_gets_only_what_is_new(self, event_consumer: EventConsumer, database: Database) -> None:
        a, b, c = (_event(UserUpdated, id) for id in "abc")
        await _deliver(event_consumer, [a])
        await _deliver(event_consumer, [a, b, c, b, a])
        assert calls == [1, 2]
        assert await _recorded(database) == ["a", "b", "c"]

    async def test_that_fails_gets_each_half(self, event_consumer: EventConsumer, database: Database) -> None:
        raw = [_event(UserUpdated, "1"), _event(UserUpdated, "2", "bug"), _event(UserUpdated, "3")]
        assert await _deliver(event_consumer, raw) == [OK] * 3
        assert calls == [3, 1, 2, 1, 1, 1, 1]
        assert await _recorded(database) == ["1", "3"]

    @pytest.mark.parametrize("bad", [0, 77, 127])
    async def test_finds_one_bad_event_among_many_by_bisection(
        self, event_consumer: EventConsumer, database: Database, bad: int
    ) -> None:
        raw = [_event(UserUpdated, f"{n:03}", "bug" if n == bad else "") for n in range(128)]
        assert await _deliver(event_consumer, raw) == [OK] * 128
        tries = 1 + len(consumer.RETRY_DELAYS)
        assert len(calls) <= 2 * 7 + tries
        assert await _recorded(database) == [f"{n:03}" for n in range(128) if n != bad]

    async def test_holds_no_transaction_for_more_than_some(
        self, event_consumer: EventConsumer, database: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What was done before a part went away stays done."""
        monkeypatch.setattr(consumer, "MAX_TRANSACTION_EVENTS", 2)
        names = ["a", "b", "c", "away", "e", "f"]
        raw = [_event(UserUpdated, name, name) for name in names]
        assert await _deliver(event_consumer, raw) == [OK, OK, AGAIN, AGAIN, AGAIN, AGAIN]
        assert calls == [2, 2]
        assert await _recorded(database) == ["a", "b"]


class TestTraces:
    async def test_that_are_recorded_have_a_span_for_their_event(self, database: Database) -> None:
        exporter, provider = InMemorySpanExporter(), TracerProvider(sampler=ParentBased(ALWAYS_OFF))
        provider.add_span_processor(SimpleSpanProcessor(exporter))
        event_consumer = EventConsumer(
            database, Sidecar(1), provider.get_tracer("test"), _handlers(batched=True)
        )
        traces = {id: f"00-{id * 32}-{id * 16}-{flags}" for id, flags in FLAGS.items()}
        await _deliver(
            event_consumer, [_event(UserUpdated, id, traceparent=trace) for id, trace in traces.items()]
        )
        spans = exporter.get_finished_spans()
        assert {format_trace_id(span.context.trace_id) for span in spans} == {"a" * 32, "c" * 32}
        assert {span.attributes["messaging.message.id"] for span in spans if span.attributes} == {"a", "c"}
        assert calls == [3]


KINDS = st.sampled_from([UserUpdated, UserUpdated, UserUpdated, UserDeleted, UserSignedUp])
NAMES = st.sampled_from(["a", "a", "a", "a", "bug", "away", "bug that nobody takes"])
EVENTS = st.builds(_event, KINDS, st.sampled_from("abcdefgh"), NAMES)
UNREADABLE = st.just({"id": "x", "type": UserUpdated.type, "data": {}})
BATCHES = st.lists(st.lists(EVENTS | EVENTS | EVENTS | UNREADABLE, min_size=1, max_size=7), max_size=4)


class TestEffects:
    @MODEST
    @given(batches=BATCHES, together=st.sampled_from([2, 200]))
    async def test_are_those_of_handlers_that_take_one(
        self, database: Database, batches: list[list[Any]], together: int
    ) -> None:
        """Statuses, records, dead letters: whatever comes again, fails or is away."""
        found = []
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(consumer, "MAX_TRANSACTION_EVENTS", together)
            for batched in (False, True):
                async with database.engine.begin() as connection:
                    await connection.execute(delete(OutboxRow))
                    await connection.execute(delete(ProcessedMessageRow))
                sidecar = RecordingSidecar(1)
                event_consumer = EventConsumer(database, sidecar, NoOpTracer(), _handlers(batched=batched))
                statuses = [await _deliver(event_consumer, batch) for batch in batches]
                found.append((statuses, await _recorded(database), sidecar.buried))
        assert found[0] == found[1]
