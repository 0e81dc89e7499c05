"""What replicas that start together do one at a time. On both databases."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import select
from sqlmodel import col

from contracts.names import App
from servicekit.messaging import leader_election as leading
from servicekit.messaging.leader_election import elect_leader
from servicekit.messaging.outbox import OutboxRow
from servicekit.migrations import migrate
from servicekit.persistence.database import Database

PATIENCE = 10


@pytest.fixture
async def replicas(database_url: str) -> AsyncIterator[list[Database]]:
    """One database, opened by several processes."""
    found = [Database(App.CHAT, database_url) for _ in range(4)]
    yield found
    for each in found:
        await each.close()


class TestLeadership:
    async def test_is_of_one_until_that_one_ends(
        self, replicas: list[Database], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(leading, "RETRY_SECONDS", 0.01)
        leads = asyncio.Event()

        async def follow() -> None:
            async with elect_leader(replicas[1]) as still_leading:
                assert await still_leading()
                leads.set()

        async with elect_leader(replicas[0]):
            following = asyncio.create_task(follow())
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(leads.wait(), 0.3)
        await asyncio.wait_for(leads.wait(), PATIENCE)
        await following


class TestMigrations:
    async def test_are_run_once_by_those_who_start_together(self, replicas: list[Database]) -> None:
        await asyncio.gather(*map(migrate, replicas))
        await migrate(replicas[0])
        async with replicas[0].reading() as session:
            assert list(await session.scalars(select(col(OutboxRow.seq)))) == []
