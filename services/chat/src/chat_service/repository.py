"""Every query of the chat service."""

from datetime import datetime

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncSession

from chat_service.models import ErasedSpeaker
from servicekit.database import for_both, run_own
from servicekit.errors import AccountGone

_TALKING = text("SELECT pg_advisory_xact_lock_shared(hashtextextended(:user_id, 0))")
_ERASING = text("SELECT pg_advisory_xact_lock(hashtextextended(:user_id, 0))")
_NOTE_ERASED = for_both(lambda insert: insert(ErasedSpeaker).on_conflict_do_nothing())


async def require_account(session: AsyncSession, user_id: str) -> None:
    """Raise `AccountGone` for an erased user; one who is not is erased after this transaction."""
    await _lock(session, _TALKING, user_id)
    if await session.get(ErasedSpeaker, user_id):
        raise AccountGone


async def note_erased(session: AsyncSession, user_id: str, now: datetime) -> None:
    """Note that a user is erased, when nothing of theirs is under way any more."""
    await _lock(session, _ERASING, user_id)
    await run_own(session, _NOTE_ERASED, {"id": user_id, "erased_at": now})


async def _lock(session: AsyncSession, statement: TextClause, user_id: str) -> None:
    """Until the transaction ends. SQLite has one writer anyway."""
    connection = await session.connection()
    if connection.dialect.name == "postgresql":
        await connection.execute(statement, {"user_id": user_id})
