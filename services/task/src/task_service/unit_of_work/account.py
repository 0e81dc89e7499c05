"""The lock of a user, and whether their account is still there."""

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from servicekit.errors import AccountGone
from servicekit.persistence.database import build_per_dialect, execute_per_dialect
from servicekit.web.idempotency import CLAIMED
from task_service.models import DeletedUser

LOCK_USER = text(
    "SELECT pg_advisory_xact_lock(hashtextextended(:user_id, 0)), set_config('todo.user_id', :owner, true)"
)
"""Acquires the advisory lock of a user until the transaction ends, and says whose rows that is about: on
PostgreSQL row-level security hides all others. Empty: those of several."""
OWNER = "owner"
"""Key in `session.info`: the user whose lock was acquired; empty if it was that of several."""
_NOTE_ERASED = build_per_dialect(lambda insert: insert(DeletedUser).on_conflict_do_nothing())


async def lock_user(session: AsyncSession, user_id: str) -> None:
    """Acquire the advisory lock of a user: whoever changes something of theirs holds it until the transaction
    ends, so writes of one user are serialised and what was read under it stays true.

    SQLite has one writer anyway. Where an idempotency key was claimed for the user the lock came with it.
    """
    connection, claimed = await session.connection(), session.info.get(CLAIMED)
    if connection.dialect.name == "postgresql" and claimed != user_id:
        if session.info.setdefault(OWNER, claimed or user_id) != user_id:
            session.info[OWNER] = ""
        await connection.execute(LOCK_USER, {"user_id": user_id, "owner": session.info[OWNER]})


async def require_account(session: AsyncSession, user_id: str) -> None:
    """Raise `AccountGone` for an erased user. Under the lock of the user, for what the change log does not
    number: there it is looked up with the number."""
    if await session.get(DeletedUser, user_id):
        raise AccountGone


async def record_erasure(session: AsyncSession, user_id: str, now: datetime) -> None:
    """Nothing is written for this user any more: whoever holds an access token is refused."""
    await execute_per_dialect(session, _NOTE_ERASED, {"id": user_id, "erased_at": now})
