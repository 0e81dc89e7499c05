"""The relay on both databases: what it reads and deletes, and with how much."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest
from sqlalchemy import select
from sqlmodel import SQLModel, col

from contracts.names import App, Topic
from servicekit.dapr.bulk_publish import OutboundMessage
from servicekit.messaging import outbox_relay
from servicekit.messaging.outbox import OUTBOX, OutboxRow
from servicekit.messaging.outbox_relay import OutboxRelay
from servicekit.persistence.database import Database
from servicekit.persistence.deferred_inserts import defer_rows


@dataclass
class Broker:
    """Takes everything but the first time events of `refused`."""

    refused: set[str] = field(default_factory=set)
    taken: list[str] = field(default_factory=list)

    async def publish_bulk(self, _: Topic, events: Sequence[OutboundMessage]) -> set[str]:
        failed = {event.id for event in events} & self.refused
        self.refused -= failed
        self.taken += [event.id for event in events if event.id not in failed]
        return failed


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(App.TASK, database_url)
    async with database.engine.begin() as connection:
        await connection.run_sync(SQLModel.metadata.tables["outbox"].create)
    yield database
    await database.close()


async def record(database: Database, *ids: str) -> None:
    """Events of the key that their id begins with."""
    row = {"topic": Topic.TODO_EVENTS, "payload": "{}", "recorded_at": datetime.now(UTC)}
    async with database.transaction() as session:
        defer_rows(session, OUTBOX, *(row | {"key": id[0], "event_id": id} for id in ids))


async def waiting(database: Database) -> list[str]:
    async with database.reading() as session:
        return list(await session.scalars(select(col(OutboxRow.event_id)).order_by(col(OutboxRow.seq))))


class TestRelay:
    async def test_deletes_what_was_taken_and_keeps_the_order_of_each_key(
        self, database: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(outbox_relay, "RETRY_SECONDS", (0.001,))
        ids = [f"{key}{number}" for number in range(5) for key in "ab"]
        await record(database, *ids)
        assert await waiting(database) == ids
        broker = Broker(refused={"a0", "b3"})
        await OutboxRelay(database, broker).drain()
        assert await waiting(database) == []
        for key in "ab":
            assert [id for id in broker.taken if id[0] == key] == [f"{key}{number}" for number in range(5)]

    async def test_deletes_no_others(self, database: Database) -> None:
        relaying = OutboxRelay(database, Broker())
        await record(database, "a1")
        await relaying._fetch()
        relaying._acknowledged = list(relaying._known)
        await record(database, "b2")
        await relaying._delete_acknowledged()
        assert await waiting(database) == ["b2"]

    async def test_takes_two_round_trips_for_one_event(
        self, database: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        if database.is_sqlite:
            pytest.skip("SQLite has no round trips")
        seen: list[str] = []

        def noting(name: str) -> Any:
            original = getattr(asyncpg.Connection, name)

            async def note(connection: Any, statement: str, *values: Any, **options: Any) -> Any:
                seen.append(statement)
                return await original(connection, statement, *values, **options)

            return note

        await record(database, "a1")
        await OutboxRelay(database, Broker()).drain()
        await record(database, "a2")
        for name in ("fetch", "execute", "prepare"):
            monkeypatch.setattr(asyncpg.Connection, name, noting(name))
        await OutboxRelay(database, Broker()).drain()
        assert [statement.split()[0] for statement in seen] == ["SELECT", "DELETE"]
