"""Every query about figures."""

from collections.abc import Mapping
from datetime import date, datetime

from sqlalchemy import Date, Integer, String, bindparam, exists, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from analytics_service.models import DailyCount, DeletedUser
from servicekit.persistence.database import build_per_dialect, execute_per_dialect
from servicekit.persistence.ownership import ANY_OWNER, OwnedRepository
from servicekit.persistence.prepared_queries import PreparedQuery

_MORE = select(
    bindparam("user_id", type_=String),
    bindparam("day", type_=Date),
    bindparam("name", type_=String),
    bindparam("more", type_=Integer),
).where(~exists().where(col(DeletedUser.id) == bindparam("user_id", type_=String)))
_ADD = build_per_dialect(
    lambda insert: (
        insert(DailyCount)
        .from_select(["user_id", "day", "name", "value"], _MORE)
        .on_conflict_do_update(
            index_elements=["user_id", "day", "name"],
            set_={"value": col(DailyCount.value) + bindparam("more", type_=Integer)},
        )
    )
)
_RECORD_DELETED = build_per_dialect(lambda insert: insert(DeletedUser).on_conflict_do_nothing())
_EXCLUSIVE_LOCK = text("LOCK TABLE erased_user IN ACCESS EXCLUSIVE MODE")
_COUNT = DailyCount.metadata.tables["count"].c
READ_TOTALS = PreparedQuery(
    ANY_OWNER.select(_COUNT.name, func.sum(_COUNT.value).label("total"), of=_COUNT).group_by(_COUNT.name)
)
"""What `totals` finds: `user_id`."""


async def increment_counts(session: AsyncSession, counted: Mapping[tuple[str, date, str], int]) -> None:
    """Count so many more by user, day and name, unless the user is erased.

    In one order, so that two who count the same never wait for one another.
    """
    rows = [
        {"user_id": user_id, "day": day, "name": name, "more": more}
        for (user_id, day, name), more in sorted(counted.items())
    ]
    await execute_per_dialect(session, _ADD, rows)


async def is_deleted(session: AsyncSession, user_id: str) -> bool:
    return await session.get(DeletedUser, user_id) is not None


class CountRepository(OwnedRepository):
    """The figures of one owner."""

    async def sum_counts(self) -> dict[str, int]:
        name, value = col(DailyCount.name), func.sum(col(DailyCount.value))
        query = self.select(name, value, of=DailyCount).group_by(name)
        return {name: int(value) for name, value in await self.session.execute(query)}

    async def erase_all(self) -> None:
        await self.session.execute(self.delete(DailyCount))


async def record_deleted_user(session: AsyncSession, user_id: str, now: datetime) -> None:
    """Note that a user is erased, and wait for who looked it up before: until this transaction ends,
    whoever looks it up waits. To look takes no lock of its own in PostgreSQL; SQLite has one writer.
    """
    connection = await session.connection()
    if connection.dialect.name == "postgresql":
        await connection.execute(_EXCLUSIVE_LOCK)
    await execute_per_dialect(session, _RECORD_DELETED, {"id": user_id, "erased_at": now})
