"""Queries that projects, labels and saved filters share."""

from collections.abc import Collection, Sequence
from typing import TypeVar

from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from task_service.models import Label, Project, SavedFilter

Named = TypeVar("Named", Project, Label, SavedFilter)


async def listed(
    session: AsyncSession,
    model: type[Named],
    user_id: str,
    behind: tuple[str, str] | None,
    limit: int,
    *,
    trashed: bool = False,
) -> Sequence[Named]:
    """In their manual order, behind the one with that position and id."""
    query = select(model).where(col(model.user_id) == user_id)
    if issubclass(model, Project):
        deleted = col(Project.deleted_at)
        query = query.where(deleted.is_not(None) if trashed else deleted.is_(None))
    if behind:
        query = query.where(tuple_(col(model.position), col(model.id)) > behind)
    return (await session.scalars(query.order_by(col(model.position), col(model.id)).limit(limit))).all()


async def by_id(session: AsyncSession, model: type[Named], user_id: str, id: str) -> Named | None:
    """Also what is in the trash."""
    query = select(model).where(col(model.id) == id, col(model.user_id) == user_id)
    return (await session.scalars(query)).first()


async def by_key(
    session: AsyncSession, model: type[Named], user_id: str, keys: Collection[str]
) -> Sequence[Named]:
    """Those whose names have one of these keys, oldest first, the trash left out."""
    query = select(model).where(col(model.user_id) == user_id, col(model.key).in_(keys))
    if issubclass(model, Project):
        query = query.where(col(Project.deleted_at).is_(None))
    return (await session.scalars(query.order_by(col(model.id)))).all()
