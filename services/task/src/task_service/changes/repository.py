"""Queries of the feed of changes."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel, col

from task_service.changes.models import Change, ChangeCounter


async def counter(session: AsyncSession, user_id: str) -> ChangeCounter:
    """Where the numbers of a user stand."""
    return await session.get(ChangeCounter, user_id) or ChangeCounter(user_id=user_id, last=0)


async def after(
    session: AsyncSession, user_id: str, seq: int, living_up_to: int, limit: int
) -> Sequence[Change]:
    """Changes behind the number `seq`, in order; up to `living_up_to` without what is gone."""
    query = select(Change).where(
        col(Change.user_id) == user_id,
        col(Change.seq) > seq,
        or_(col(Change.seq) > living_up_to, col(Change.deleted).is_(False)),
    )
    return (await session.scalars(query.order_by(col(Change.seq)).limit(limit))).all()


async def things(
    session: AsyncSession, model: type[Any], user_id: str, ids: Collection[str]
) -> dict[str, Any]:
    """The things of these ids."""
    found: Sequence[SQLModel] = (
        await session.scalars(select(model).where(model.user_id == user_id, model.id.in_(ids)))
    ).all()
    return {thing.id: thing for thing in found}  # type: ignore[attr-defined]  # each kind has one


async def forget_deleted(session: AsyncSession, before: datetime) -> None:
    """Drop deletions older than `before`, and note for each user up to which they are gone."""
    old = (col(Change.deleted).is_(True), col(Change.at) < before)
    newest = select(col(Change.user_id), func.max(col(Change.seq))).where(*old).group_by(col(Change.user_id))
    for user_id, seq in (await session.execute(newest)).all():
        counter = update(ChangeCounter).where(col(ChangeCounter.user_id) == user_id)
        await session.execute(counter.values(forgotten=seq))
    await session.execute(delete(Change).where(*old))


async def erase_user(session: AsyncSession, user_id: str) -> None:
    await session.execute(delete(Change).where(col(Change.user_id) == user_id))
    await session.execute(delete(ChangeCounter).where(col(ChangeCounter.user_id) == user_id))
