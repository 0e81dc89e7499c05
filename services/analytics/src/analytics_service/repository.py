"""Every query about figures."""

from datetime import date

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from analytics_service.models import Count
from servicekit.database import for_both, run_own

_ADD = for_both(
    lambda insert: insert(Count).on_conflict_do_update(
        index_elements=["user_id", "day", "name"], set_={"value": col(Count.value) + 1}
    )
)


async def add(session: AsyncSession, user_id: str, day: date, name: str) -> None:
    """Count one more."""
    await run_own(session, _ADD, {"user_id": user_id, "day": day, "name": name, "value": 1})


async def totals(session: AsyncSession, user_id: str) -> dict[str, int]:
    query = (
        select(col(Count.name), func.sum(col(Count.value)))
        .where(col(Count.user_id) == user_id)
        .group_by(col(Count.name))
    )
    return {name: int(value) for name, value in await session.execute(query)}


async def erase_user(session: AsyncSession, user_id: str) -> None:
    await session.execute(delete(Count).where(col(Count.user_id) == user_id))
