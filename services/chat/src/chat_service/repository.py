"""Every query of the chat service."""

from datetime import datetime

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncSession

from chat_service.models import DeletedUser
from servicekit.errors import AccountGone
from servicekit.persistence.database import build_per_dialect, execute_per_dialect

_SHARED_LOCK = text("SELECT pg_advisory_xact_lock_shared(hashtextextended(:user_id, 0))")
_EXCLUSIVE_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(:user_id, 0))")
_RECORD_DELETED = build_per_dialect(lambda insert: insert(DeletedUser).on_conflict_do_nothing())


async def require_account(session: AsyncSession, user_id: str) -> None:
    """Raise `AccountGone` for a deleted user. A shared advisory lock makes a deletion wait for this
    transaction, so that no message is answered after it."""
    await _take_advisory_lock(session, _SHARED_LOCK, user_id)
    if await session.get(DeletedUser, user_id):
        raise AccountGone


async def record_deleted_user(session: AsyncSession, user_id: str, now: datetime) -> None:
    """Write the tombstone, behind an exclusive advisory lock: nothing of the user is in flight then."""
    await _take_advisory_lock(session, _EXCLUSIVE_LOCK, user_id)
    await execute_per_dialect(session, _RECORD_DELETED, {"id": user_id, "erased_at": now})


async def _take_advisory_lock(session: AsyncSession, statement: TextClause, user_id: str) -> None:
    """Until the transaction ends. SQLite has one writer anyway."""
    connection = await session.connection()
    if connection.dialect.name == "postgresql":
        await connection.execute(statement, {"user_id": user_id})
