"""The relay keeps each key in order, whatever fails in between."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import orjson
import pytest
from sqlalchemy import func, select
from sqlmodel import SQLModel

from contracts.batch import unpack_events
from contracts.names import App, Topic
from servicekit.dapr.bulk_publish import OutboundMessage
from servicekit.errors import Unavailable
from servicekit.messaging import outbox_relay
from servicekit.messaging.outbox import OutboxRow
from servicekit.messaging.outbox_relay import OutboxRelay
from servicekit.persistence.database import Database


class FlakyPublisher:
    """Takes events as a broker does: some calls fail, some entries fail, some fail after all."""

    def __init__(self, seed: int, failure_rate: float) -> None:
        self.random = Random(seed)
        self.failure_rate = failure_rate
        self.messages: list[OutboundMessage] = []
        self.taken: list[OutboundMessage] = []
        """The events in the messages."""
        self.in_flight: set[str] = set()
        self.calls: list[tuple[Topic, Sequence[OutboundMessage]]] = []
        self.most_calls = 0
        self._calls = 0

    async def publish_bulk(self, topic: Topic, events: Sequence[OutboundMessage]) -> set[str]:
        keys = {event.key for event in events}
        assert len(keys) == len(events), "one message a key and call"
        assert not keys & self.in_flight, "one message a key in flight"
        self.calls.append((topic, events))
        self.in_flight |= keys
        self._calls += 1
        self.most_calls = max(self.most_calls, self._calls)
        await asyncio.sleep(self.random.random() * 0.002)
        self._calls -= 1
        self.in_flight -= keys
        if self.random.random() < self.failure_rate:
            return self._fail(events)
        failed = {event.id for event in events if self.random.random() < self.failure_rate}
        self._take([event for event in events if event.id not in failed])
        return failed

    def _take(self, messages: Sequence[OutboundMessage]) -> None:
        self.messages += messages
        for message in messages:
            envelopes = unpack_events(orjson.loads(message.payload))
            is_one = len(envelopes) == 1
            self.taken += [
                OutboundMessage(message.id if is_one else each["id"], message.key, "") for each in envelopes
            ]

    def _fail(self, events: Sequence[OutboundMessage]) -> set[str]:
        if self.random.random() < 0.5:
            self._take(events)  # taken, but the response is lost
        raise Unavailable("broker away")


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox_relay, "RETRY_SECONDS", (0.001,))


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = Database(App.TASK, f"sqlite+aiosqlite:///{tmp_path}/outbox.db")
    async with database.engine.begin() as connection:
        await connection.run_sync(SQLModel.metadata.tables["outbox"].create)
    yield database
    await database.close()


async def _record(database: Database, keys: Sequence[str]) -> None:
    async with database.transaction() as session:
        for number, key in enumerate(keys):
            session.add(_row(key, number))


def _row(key: str, number: int, **more: Any) -> OutboxRow:
    payload = orjson.dumps({"id": f"{number:05}"}).decode()
    usual: dict[str, Any] = {"topic": Topic.TODO_EVENTS, "payload": payload, "recorded_at": datetime.now(UTC)}
    return OutboxRow(**usual | more, key=key, event_id=f"{number:05}")


def _first_occurrences(taken: Sequence[OutboundMessage]) -> dict[str, list[str]]:
    order: dict[str, list[str]] = {}
    for event in taken:
        seen = order.setdefault(event.key, [])
        if event.id not in seen:
            seen.append(event.id)
    return order


class TestDrain:
    @pytest.mark.parametrize("seed", range(5))
    async def test_keeps_each_key_in_order_while_publishing_fails(
        self, database: Database, seed: int
    ) -> None:
        keys = Random(seed).choices("abcdefgh", k=120)
        await _record(database, keys)
        publisher = FlakyPublisher(seed, failure_rate=0.2)
        await OutboxRelay(database, publisher, poll_seconds=0.01).drain()
        expected = {key: [f"{n:05}" for n, k in enumerate(keys) if k == key] for key in set(keys)}
        assert _first_occurrences(publisher.taken) == expected

    async def test_empties_the_outbox(self, database: Database) -> None:
        await _record(database, ["a", "b", "a"])
        await OutboxRelay(database, FlakyPublisher(1, failure_rate=0)).drain()
        async with database.reading() as session:
            assert await session.scalar(select(func.count()).select_from(OutboxRow)) == 0

    async def test_publishes_nothing_twice_when_nothing_fails(self, database: Database) -> None:
        await _record(database, ["a", "b"] * 50)
        publisher = FlakyPublisher(1, failure_rate=0)
        await OutboxRelay(database, publisher).drain()
        assert len(publisher.taken) == 100

    async def test_has_several_calls_under_way(self, database: Database) -> None:
        await _record(database, [f"user-{n}" for n in range(2000)])
        publisher = FlakyPublisher(1, failure_rate=0)
        await OutboxRelay(database, publisher).drain()
        assert publisher.most_calls == outbox_relay.CALLS

    async def test_lets_others_pass_a_key_with_many_events(self, database: Database) -> None:
        await _record(database, [*["busy"] * 300, "quiet"])
        publisher = FlakyPublisher(1, failure_rate=0)
        await OutboxRelay(database, publisher).drain()
        assert [message.key for message in publisher.messages].index("quiet") < 10

    async def test_publishes_each_event_on_its_topic(self, database: Database) -> None:
        async with database.transaction() as session:
            for number in range(20):
                topic = (Topic.TODO_EVENTS, Topic.USER_EVENTS)[number % 2]
                session.add(_row(f"user-{number}", number, topic=topic))
        publisher = FlakyPublisher(1, failure_rate=0)
        await OutboxRelay(database, publisher).drain()
        went = {int(event.id): topic for topic, events in publisher.calls for event in events}
        assert went == {n: (Topic.TODO_EVENTS, Topic.USER_EVENTS)[n % 2] for n in range(20)}

    async def test_makes_no_call_too_large_but_leaves_no_event_behind(
        self, database: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(outbox_relay, "BATCH_BYTES", 10)
        async with database.transaction() as session:
            for number, size in enumerate((5, 5, 5, 11, 5)):
                session.add(_row(f"user-{number}", number, payload=f'"{"x" * (size - 2)}"'))
        publisher = FlakyPublisher(1, failure_rate=0)
        await OutboxRelay(database, publisher).drain()
        sizes = sorted([len(event.payload) for event in events] for _, events in publisher.calls)
        assert sizes == [[5], [5], [5, 5], [11]]

    async def test_finds_what_is_committed_behind_what_it_has_seen(self, database: Database) -> None:
        publisher = FlakyPublisher(1, failure_rate=0)
        relaying = OutboxRelay(database, publisher)
        for seq in (5, 3):
            async with database.transaction() as session:
                session.add(_row("a", seq, seq=seq))
            await relaying.drain()
        assert [event.id for event in publisher.taken] == ["00005", "00003"]

    async def test_waits_longer_after_each_failure(
        self, database: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(outbox_relay, "RETRY_SECONDS", (0.001, 1000))
        await _record(database, ["a"])
        relaying = OutboxRelay(database, FlakyPublisher(1, failure_rate=1), poll_seconds=0.01)
        running = asyncio.create_task(relaying.drain())
        await _until(lambda: any(queue.failures == 2 for queue in relaying._queues.values()))
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        (queue,) = relaying._queues.values()
        assert queue.ready_at > time.monotonic() + 500

    async def test_finds_what_is_committed_late_while_others_wait(
        self, database: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(outbox_relay, "RETRY_SECONDS", (0.05,))
        publisher = FlakyPublisher(1, failure_rate=1)
        relaying = OutboxRelay(database, publisher, poll_seconds=0.01)
        for key, seq in (("a", 5), ("b", 9), ("c", 7), ("b", 8)):
            async with database.transaction() as session:
                session.add(_row(key, seq, seq=seq))
            await relaying._fetch()
        publisher.failure_rate = 0
        await relaying.drain()
        assert _first_occurrences(publisher.taken) == {
            "a": ["00005"],
            "b": ["00009", "00008"],
            "c": ["00007"],
        }


class TestAMessage:
    """Where many of one key wait, they share messages."""

    async def messages(self, database: Database, **options: int) -> list[list[str]]:
        publisher = FlakyPublisher(1, failure_rate=0)
        await OutboxRelay(database, publisher, **options).drain()
        bodies = [unpack_events(orjson.loads(message.payload)) for message in publisher.messages]
        return [[each["id"] for each in events] for events in bodies]

    async def test_holds_so_many_events_at_most(self, database: Database) -> None:
        await _record(database, ["a"] * 45)
        found = await self.messages(database, events_per_message=20)
        assert [len(ids) for ids in found] == [20, 20, 1, 1, 1, 1, 1]
        assert [id for ids in found for id in ids] == [f"{n:05}" for n in range(45)]

    @pytest.mark.parametrize(("waiting", "sizes"), [(9, [1] * 9), (10, [10])])
    async def test_holds_one_unless_many_wait(
        self, database: Database, waiting: int, sizes: list[int]
    ) -> None:
        await _record(database, ["a"] * waiting)
        assert [len(ids) for ids in await self.messages(database)] == sizes

    async def test_holds_one_where_readers_know_no_batches(self, database: Database) -> None:
        await _record(database, ["a"] * 12)
        assert [len(ids) for ids in await self.messages(database, events_per_message=1)] == [1] * 12

    async def test_holds_so_many_bytes_at_most_but_leaves_no_event_behind(
        self, database: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(outbox_relay, "MANY", 1)
        async with database.transaction() as session:
            for number, size in enumerate((60_000, 60_000, 60_000, 180_000, 1)):
                payload = orjson.dumps({"id": f"{number:05}", "x": "x" * size}).decode()
                session.add(_row("a", number, payload=payload))
        found = await self.messages(database)
        assert found == [["00000", "00001"], ["00002"], ["00003"], ["00004"]]

    async def test_holds_one_of_a_topic_without_batches(self, database: Database) -> None:
        async with database.transaction() as session:
            session.add_all([_row("a", number, topic=Topic.USER_EVENTS) for number in range(12)])
        assert [len(ids) for ids in await self.messages(database)] == [1] * 12

    async def test_holds_events_of_one_user_only(self, database: Database) -> None:
        await _record(database, ["a", "b"] * 10)
        found = await self.messages(database)
        assert found == [[f"{n:05}" for n in range(first, 20, 2)] for first in (0, 1)]


class TestRun:
    async def test_publishes_what_is_recorded_later(self, database: Database) -> None:
        publisher = FlakyPublisher(1, failure_rate=0)
        running = asyncio.create_task(OutboxRelay(database, publisher, poll_seconds=0.01).run())
        for number in range(3):
            async with database.transaction() as session:
                session.add(_row("a", number))
        await _until(lambda: len(publisher.taken) == 3)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)  # before the database is closed under it

    async def test_gives_no_sequence_number_twice(self, database: Database) -> None:
        publisher = FlakyPublisher(1, failure_rate=0)
        for number in range(3):
            async with database.transaction() as session:
                row = _row("a", number)
                session.add(row)
            assert row.seq == number + 1
            await OutboxRelay(database, publisher).drain()


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.005)
