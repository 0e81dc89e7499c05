"""Drops what is kept for a time only, beside the requests: old trash, old activity.

User by user and a slice at a time, each in a transaction of its own that has taken that user's turn, so
nobody waits for long, and what was dropped is counted right.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from fastapi import FastAPI
from sqlalchemy import Connection, Select

from servicekit.persistence.database import Database
from task_service.container import container_of
from task_service.retention import repository
from task_service.unit_of_work.account import lock_user

TRASH_KEPT = timedelta(days=30)
"""How long a deleted task can be restored."""
ACTIVITY_KEPT = timedelta(days=730)
USERS_AT_A_TIME = 100


async def purge_expired(app: FastAPI) -> None:
    """Purge old trash and old activity."""
    database, now = container_of(app).database, datetime.now(UTC)
    await purge_trash(database, now - TRASH_KEPT)
    await purge_history(database, now - ACTIVITY_KEPT)


async def purge_trash(database: Database, before: datetime) -> None:
    """Forget the tasks and projects put into the trash before that moment, and what is known of them."""
    users = repository.users_with_trash(before)
    await _for_each_user(database, users, lambda c, u: repository.purge_trash(c, u, before))


async def purge_history(database: Database, before: datetime) -> None:
    """Forget activity from before that moment; the ids of its entries tell when they were made."""
    first = _first_id_at(before)
    users = repository.users_with_history(first)
    await _for_each_user(database, users, lambda c, u: repository.purge_history(c, u, first))


async def _for_each_user(
    database: Database, users: Select[str], purge: Callable[[Connection, str], int]
) -> None:
    while True:
        async with database.reading() as session:
            found = (await session.scalars(users.limit(USERS_AT_A_TIME))).all()
        for user_id in found:
            await _until_nothing_is_left(database, user_id, purge)
        if len(found) < USERS_AT_A_TIME:
            return


async def _until_nothing_is_left(
    database: Database, user_id: str, purge: Callable[[Connection, str], int]
) -> None:
    dropped = 1
    while dropped:
        async with database.transaction() as session:
            await lock_user(session, user_id)
            connection = await session.connection()
            dropped = await connection.run_sync(purge, user_id)


def _first_id_at(moment: datetime) -> str:
    """The least UUIDv7 of that millisecond (RFC 9562, section 5.7)."""
    digits = f"{int(moment.timestamp() * 1000):012x}"
    return f"{digits[:8]}-{digits[8:]}"
