"""Every query of the analytics service."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import delete, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from analytics_service.models import Count, DeadLetter
from servicekit.database import for_both, run_own

_ADD = for_both(
    lambda insert: insert(Count).on_conflict_do_update(
        index_elements=["user_id", "day", "name"], set_={"value": col(Count.value) + 1}
    )
)
_PARK = for_both(lambda insert: insert(DeadLetter).on_conflict_do_nothing())


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


async def park(session: AsyncSession, letter: DeadLetter) -> None:
    """Keep a dead letter; one that is there already stays as it is."""
    await run_own(session, _PARK, letter.model_dump())


async def newest_dead_letters(
    session: AsyncSession, before: tuple[datetime, str] | None, limit: int
) -> Sequence[DeadLetter]:
    query = select(DeadLetter).order_by(col(DeadLetter.parked_at).desc(), col(DeadLetter.id).desc())
    if before:
        query = query.where(tuple_(col(DeadLetter.parked_at), col(DeadLetter.id)) < before)
    return (await session.scalars(query.limit(limit))).all()
