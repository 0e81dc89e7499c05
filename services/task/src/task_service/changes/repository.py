"""Queries of the feed of changes."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Integer,
    String,
    bindparam,
    delete,
    exists,
    func,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel, col

from servicekit.database import for_both
from task_service.changes.models import Change, ChangeCounter
from task_service.models import ErasedOwner

_COUNTER = ChangeCounter.metadata.tables["change_counter"]
_USER = bindparam("user_id", type_=String)
_FIRST = select(_USER, bindparam("last", type_=Integer), literal(0, Integer)).where(
    ~exists().where(col(ErasedOwner.id) == _USER)
)
NUMBER = for_both(
    lambda insert: (
        (new := insert(_COUNTER))
        .from_select(["user_id", "last", "forgotten"], _FIRST)
        .on_conflict_do_update(index_elements=["user_id"], set_={"last": _COUNTER.c.last + new.excluded.last})
        .returning(_COUNTER.c.last)
    )
)
"""Gives out `last` numbers of a user; returns the last of them, or nothing for an erased user."""


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
