"""Leader election: one leader a database among the replicas of a service.

On PostgreSQL the leader also listens for what others record.

PostgreSQL: a session-level advisory lock, let go by the server when the connection ends.
SQLite: a lock on a file beside the database, let go by the kernel when the process ends.
"""

import asyncio
import fcntl
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from servicekit.messaging.outbox_notifications import listen_for_notifications, notify_replicas
from servicekit.persistence.database import Database

LOCK = 7_061_900
"""Key of the advisory lock; each service has a database of its own, so one number serves all."""
RETRY_SECONDS = 0.5
CHECK_SECONDS = 5.0

IsLeader = Callable[[], Awaitable[bool]]


@asynccontextmanager
async def elect_leader(database: Database) -> AsyncIterator[IsLeader]:
    """Wait until this process leads; yields a check to call now and then."""
    lead = _lead_file if database.is_sqlite else _lead_postgres
    async with lead(database) as still_leading:
        yield still_leading


@asynccontextmanager
async def _lead_postgres(database: Database) -> AsyncIterator[IsLeader]:
    while True:
        async with database.engine.connect() as plain:
            connection = await plain.execution_options(isolation_level="AUTOCOMMIT")
            if await connection.scalar(text(f"SELECT pg_try_advisory_lock({LOCK})")):
                try:
                    await listen_for_notifications(database, connection)
                    yield _checked(connection)
                finally:
                    await connection.invalidate()
                return
        await notify_replicas(
            database, RETRY_SECONDS
        )  # between two tries it holds no connection: there are few


def _checked(connection: AsyncConnection) -> IsLeader:
    checked_at = time.monotonic()

    async def still_leading() -> bool:
        nonlocal checked_at
        if time.monotonic() - checked_at > CHECK_SECONDS:
            await connection.execute(text("SELECT 1"))
            checked_at = time.monotonic()
        return True

    return still_leading


@asynccontextmanager
async def _lead_file(database: Database) -> AsyncIterator[IsLeader]:
    async def still_leading() -> bool:
        return True

    with open(f"{database.url.database}.leader", "w") as lock:  # noqa: ASYNC230 - a local lock file
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                await asyncio.sleep(RETRY_SECONDS)
        yield still_leading
