"""Task events in batches have the effect they have one by one: the same rows, the same events."""

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from notification_service import models
from notification_service.models import Channel, Recipient, Reminder
from notification_service.subscriptions import subscriptions
from opentelemetry.trace import NoOpTracer
from sqlalchemy import Row, Table, insert

from conftest import ServiceUnderTest
from contracts.event import Event, wrap
from contracts.task import (
    TaskCompleted,
    TaskCreated,
    TaskDeleted,
    TaskReopened,
    TaskRestored,
    TaskUpdated,
)
from contracts.user import UserDeleted, UserUpdated
from servicekit.dapr.sidecar import Sidecar
from servicekit.messaging.consumer import DeliveryStatus, EventConsumer, parse_message
from services.notification.tests.events import event, imported

BEGUN = datetime(2090, 1, 1, 8, tzinfo=UTC)
TABLES: list[Table] = [getattr(models, name).__table__ for name in models.__all__]
UNLIKE = {"inbox": ("handled_at",), "person": ("erased_at",), "outbox": ("seq", "event_id", "recorded_at")}
"""Columns that hold when or as what something was written."""
MODEST = settings(
    max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
KNOWN = (
    Recipient(id="ada", default_reminder=30, quiet_from=time(0), quiet_to=time(20)),
    Recipient(id="cyd", erased_at=BEGUN),
    Reminder(
        id="own",
        user_id="ada",
        kind="own",
        task_id="t0",
        title="",
        state="waiting",
        minutes_before=1440,
        created_at=BEGUN,
    ),
)


def channel(id: str, user: str, kind: str, kinds: Sequence[str], **fields: Any) -> Channel:
    target = f"https://example.org/{id}"
    return Channel(
        id=id, user_id=user, kind=kind, target=target, kinds=list(kinds), created_at=BEGUN, **fields
    )


CHANNELS = (
    channel("w1", "ada", "webhook", ["task.created", "task.moved", "task.completed", "import"]),
    channel("w2", "ada", "webhook", ["task.updated", "task.created"]),
    channel("p1", "ada", "push", ["task.deleted"]),
    channel("w3", "bob", "webhook", ["task.created"], is_active=False),
    channel("w4", "cyd", "webhook", ["task.created"]),
)
TASKS = st.sampled_from(
    [("t0", "ada"), ("t0", "ada"), ("t1", "ada"), ("t1", "ada"), ("t2", "bob"), ("t3", "cyd"), ("t0", "bob")]
)
SPECS = st.fixed_dictionaries({"minutes_before": st.sampled_from([0, 10, 1440])}) | st.fixed_dictionaries(
    {"at": st.sampled_from([BEGUN - timedelta(hours=1), BEGUN + timedelta(hours=5)])}
)
INSTANTS = st.sampled_from([None, BEGUN, BEGUN + timedelta(hours=30), BEGUN + timedelta(days=300)])
FIELDS = st.fixed_dictionaries(
    {
        "version": st.integers(1, 5),
        "title": st.sampled_from(["milk", "tea"]),
        "due_at": INSTANTS,
        "due_date": st.sampled_from([None, date(2090, 1, 2)]),
        "time_zone": st.sampled_from([None, "Europe/Berlin"]),
        "reminders": st.lists(SPECS, max_size=2),
        "done": st.booleans(),
        "deleted_at": st.sampled_from([None, None, BEGUN]),
    }
)
KINDS = st.sampled_from([TaskCreated, TaskCompleted, TaskReopened, TaskDeleted, TaskRestored])
CHANGED = st.fixed_dictionaries({"changed": st.sampled_from([["position"], ["title", "due_at"]])})


def _make_event(kind: Any, task: tuple[str, str], fields: dict[str, Any], extra: Any = None) -> Event:
    id, user = task
    stamps = {"created_at": BEGUN, "updated_at": BEGUN}
    return event(kind, user=user, id=id, extra=extra, **fields | stamps)


ABOUT_TASKS = st.builds(_make_event, KINDS, TASKS, FIELDS) | st.builds(
    _make_event, st.just(TaskUpdated), TASKS, FIELDS, CHANGED
)
OTHERS = st.sampled_from(
    [
        imported(finished_at=BEGUN),
        UserUpdated(user_id="ada", email="a@example.org", name="Ada", time_zone="Asia/Tokyo"),
        *[UserDeleted(user_id="bob")] * 3,
        UserDeleted(user_id="ada"),
    ]
)
EVENTS = st.lists(ABOUT_TASKS | ABOUT_TASKS | ABOUT_TASKS | ABOUT_TASKS | OTHERS, min_size=8, max_size=12)


async def _begin(notification: ServiceUnderTest) -> None:
    """Nothing is known but these recipients, their channels and one reminder."""
    async with notification.database.transaction() as session:
        for table in TABLES:
            await session.execute(table.delete())
        for known in (*KNOWN, *CHANNELS):
            await session.execute(insert(type(known)), known.model_dump())


async def _rows(notification: ServiceUnderTest) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    async with notification.database.reading() as session:
        for table in TABLES:
            rows = await session.execute(table.select().order_by(*table.primary_key))
            found[table.name] = [_shown(table.name, row) for row in rows]
    return found


def _shown(table: str, row: Row[Any]) -> dict[str, Any]:
    values = {name: value for name, value in row._mapping.items() if name not in UNLIKE.get(table, ())}
    if table == "person":
        values["is_erased"] = row.erased_at is not None
    if table == "outbox":
        values["payload"] = json.loads(row.payload)["data"]
    return values


async def _deliver(notification: ServiceUnderTest, batches: Sequence[Sequence[tuple[int, Event]]]) -> None:
    consumer = EventConsumer(notification.database, Sidecar(1), NoOpTracer(), subscriptions.handlers)
    for batch in batches:
        envelopes = [
            wrap(
                event,
                id=str(UUID(int=number)),
                source="/",
                time=BEGUN + timedelta(minutes=number),
                traceparent="",
            )
            for number, event in batch
        ]
        raw = [json.loads(envelope.model_dump_json()) for envelope in envelopes]
        deliveries = [parse_message(event.topic, each) for (_, event), each in zip(batch, raw, strict=True)]
        assert await consumer.consume(deliveries) == [DeliveryStatus.SUCCESS] * len(batch)


def _cut(order: Sequence[Any], sizes: Sequence[int]) -> list[Sequence[Any]]:
    """`order` in pieces of these sizes, one after the other and again."""
    pieces: list[Sequence[Any]] = []
    while order:
        size = sizes[len(pieces) % len(sizes)]
        pieces.append(order[:size])
        order = order[size:]
    return pieces


class TestTaskEvents:
    @MODEST
    @given(
        data=st.data(), events=EVENTS, sizes=st.lists(st.sampled_from([1, 2, 5, 20]), min_size=1, max_size=3)
    )
    async def test_in_any_batches_have_the_effect_of_one_by_one(
        self, notification: ServiceUnderTest, data: st.DataObject, events: list[Event], sizes: list[int]
    ) -> None:
        """Repeats, old versions, several of a task, quiet hours, webhooks, erased users among them."""
        numbers = st.lists(st.integers(0, len(events) - 1), max_size=4)
        order = [*range(len(events)), *data.draw(numbers, "repeats")]
        numbered = [(number, events[number]) for number in order]
        await _begin(notification)
        await _deliver(notification, [[each] for each in numbered])
        one_by_one = await _rows(notification)
        await _begin(notification)
        await _deliver(notification, _cut(numbered, sizes))
        assert await _rows(notification) == one_by_one

    async def test_have_a_job_scheduled_for_the_instant_of_each(self, notification: ServiceUnderTest) -> None:
        """A later change may move a reminder; waking up for nothing is cheap, not waking up is not."""
        due = [BEGUN + timedelta(hours=hours) for hours in (30, 40, 50)]
        received = [
            _make_event(
                TaskCreated, (task, "bob"), {"version": 1, "due_at": at, "reminders": [{"minutes_before": 0}]}
            )
            for task, at in zip(("t1", "t2", "t3"), due, strict=True)
        ]
        await _begin(notification)
        await _deliver(notification, [list(enumerate(received))])
        assert [row["at"] for row in (await _rows(notification))["wake_up"]] == due
