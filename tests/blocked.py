"""Waiting until a transaction waits for another one."""

import asyncio

from sqlalchemy import text

from servicekit.persistence.database import Database

DEADLINE_SECONDS = 10
_WAITING = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


async def until_blocked(database: Database) -> None:
    """Return once somebody waits for a lock in PostgreSQL; at once on SQLite, which has one writer anyway."""
    if database.is_sqlite:
        return
    async with asyncio.timeout(DEADLINE_SECONDS), database.reading() as session:
        while not await session.scalar(_WAITING):
            await asyncio.sleep(0.01)
