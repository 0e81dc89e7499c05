"""Every query about figures."""

from datetime import date, datetime

from sqlalchemy import Date, Integer, String, bindparam, delete, exists, func, literal, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from analytics_service.models import Count, ErasedUser
from servicekit.database import for_both, run_own

_ONE_MORE = select(
    bindparam("user_id", type_=String),
    bindparam("day", type_=Date),
    bindparam("name", type_=String),
    literal(1, Integer),
).where(~exists().where(col(ErasedUser.id) == bindparam("user_id", type_=String)))
_ADD = for_both(
    lambda insert: (
        insert(Count)
        .from_select(["user_id", "day", "name", "value"], _ONE_MORE)
        .on_conflict_do_update(
            index_elements=["user_id", "day", "name"], set_={"value": col(Count.value) + 1}
        )
    )
)
_NOTE_ERASED = for_both(lambda insert: insert(ErasedUser).on_conflict_do_nothing())
_ALONE = text("LOCK TABLE erased_user IN ACCESS EXCLUSIVE MODE")


async def add(session: AsyncSession, user_id: str, day: date, name: str) -> None:
    """Count one more, unless the user is erased."""
    await run_own(session, _ADD, {"user_id": user_id, "day": day, "name": name})


async def is_erased(session: AsyncSession, user_id: str) -> bool:
    return await session.get(ErasedUser, user_id) is not None


async def totals(session: AsyncSession, user_id: str) -> dict[str, int]:
    query = (
        select(col(Count.name), func.sum(col(Count.value)))
        .where(col(Count.user_id) == user_id)
        .group_by(col(Count.name))
    )
    return {name: int(value) for name, value in await session.execute(query)}


async def note_erased(session: AsyncSession, user_id: str, now: datetime) -> None:
    """Note that a user is erased, and wait for who looked it up before: until this transaction ends,
    whoever looks it up waits. To look takes no lock of its own in PostgreSQL; SQLite has one writer.
    """
    connection = await session.connection()
    if connection.dialect.name == "postgresql":
        await connection.execute(_ALONE)
    await run_own(session, _NOTE_ERASED, {"id": user_id, "erased_at": now})


async def erase_user(session: AsyncSession, user_id: str) -> None:
    await session.execute(delete(Count).where(col(Count.user_id) == user_id))
