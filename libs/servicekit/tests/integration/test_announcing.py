"""What one replica records another one publishes at once, without looking for it all the time."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime

import pytest

from contracts.names import App, Topic
from servicekit.dapr.bulk_publish import OutboundMessage
from servicekit.messaging import leader_election, outbox_relay
from servicekit.messaging.outbox import OutboxRow
from servicekit.messaging.outbox_relay import OutboxRelay
from servicekit.migrations import migrate
from servicekit.persistence.database import Database

NEVER = 3600
PATIENCE = 10


class Broker:
    """Takes everything."""

    def __init__(self) -> None:
        self.ids: list[str] = []
        self.has_some = asyncio.Event()

    async def publish_bulk(self, _: Topic, events: Sequence[OutboundMessage]) -> set[str]:
        self.ids += [event.id for event in events]
        self.has_some.set()
        return set()

    async def take(self, *ids: str) -> None:
        """Wait for these, and nothing else."""
        async with asyncio.timeout(PATIENCE):
            await self.has_some.wait()
        self.has_some.clear()
        assert self.ids == list(ids)
        self.ids.clear()


@pytest.fixture
async def replicas(database_url: str) -> AsyncIterator[list[Database]]:
    found = [Database(App.TASK, database_url) for _ in range(2)]
    await migrate(found[0])
    yield found
    for each in found:
        await each.close()


@pytest.fixture
async def relaying(
    replicas: list[Database], monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[list[Database], Broker]]:
    """A replica that relays and one that follows; nobody looks without being told."""
    if replicas[0].is_sqlite:
        pytest.skip("SQLite has no word between processes")
    monkeypatch.setattr(outbox_relay, "WATCHFUL_SECONDS", 0)
    monkeypatch.setattr(outbox_relay, "CALM_SECONDS", NEVER)
    monkeypatch.setattr(leader_election, "RETRY_SECONDS", 0.2)
    broker = Broker()
    running = []
    for each in replicas:
        running.append(asyncio.create_task(OutboxRelay(each, broker).run()))
        await record(each, "first")
        await broker.take("first")
    yield replicas, broker
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)


async def record(database: Database, id: str, *, says_so: bool = True) -> None:
    async with database.transaction() as session:
        now = datetime.now(UTC)
        session.add(OutboxRow(topic=Topic.TODO_EVENTS, key="ada", event_id=id, payload="{}", recorded_at=now))
        session.info["recorded"] = says_so


class TestAnEvent:
    async def test_of_a_follower_is_published_at_once(self, relaying: tuple[list[Database], Broker]) -> None:
        replicas, broker = relaying
        for number in range(5):
            await record(replicas[1], str(number))
            await broker.take(str(number))


class TestOneThatNobodyTellsOf:
    """Of an older replica, say."""

    async def test_is_found_by_the_look_now_and_then_and_the_next_sooner(
        self, replicas: list[Database], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(outbox_relay, "WATCHFUL_SECONDS", 0)
        monkeypatch.setattr(outbox_relay, "CALM_SECONDS", 0.3)
        broker = Broker()
        running = asyncio.create_task(OutboxRelay(replicas[0], broker, poll_seconds=0.01).run())
        await asyncio.sleep(0.1)
        monkeypatch.setattr(outbox_relay, "WATCHFUL_SECONDS", NEVER)
        await record(replicas[0], "1", says_so=False)
        await broker.take("1")
        monkeypatch.setattr(outbox_relay, "CALM_SECONDS", NEVER)
        for id in ("2", "3"):
            await record(replicas[0], id, says_so=False)
            await broker.take(id)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
