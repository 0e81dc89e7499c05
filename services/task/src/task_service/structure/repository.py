"""Every query for projects, labels and saved filters."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TypeVar

from sqlalchemy import literal, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from task_service.models import Label, Project, SavedFilter, Task, TaskLabel

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


async def above(session: AsyncSession, user_id: str, id: str, limit: int) -> Sequence[str]:
    """The project `id`, the one it lies in and so on upwards, at most `limit` of them."""
    ours = col(Project.user_id) == user_id
    start = select(col(Project.id), col(Project.parent_id), literal(1).label("height")).where(
        ours, col(Project.id) == id
    )
    found = start.cte("above", recursive=True)
    parent = select(col(Project.id), col(Project.parent_id), found.c.height + 1).where(
        ours, col(Project.id) == found.c.parent_id, found.c.height < limit
    )
    walk = found.union_all(parent)
    return (await session.scalars(select(walk.c.id).order_by(walk.c.height))).all()


async def inside(
    session: AsyncSession, user_id: str, parents: Collection[str], deleted_at: datetime | None
) -> Sequence[Project]:
    """Projects directly inside these: not in the trash, or put there at that very moment."""
    query = select(Project).where(
        col(Project.user_id) == user_id,
        col(Project.parent_id).in_(parents),
        col(Project.deleted_at).is_(None) if deleted_at is None else col(Project.deleted_at) == deleted_at,
    )
    return (await session.scalars(query)).all()


async def tasks_in(
    session: AsyncSession, user_id: str, projects: Collection[str], deleted_at: datetime | None
) -> Sequence[Task]:
    """Tasks of these projects: not in the trash, or put there at that very moment."""
    query = select(Task).where(
        col(Task.user_id) == user_id,
        col(Task.project_id).in_(projects),
        col(Task.deleted_at).is_(None) if deleted_at is None else col(Task.deleted_at) == deleted_at,
    )
    return (await session.scalars(query.order_by(col(Task.created_at), col(Task.id)))).all()


async def tasks_with(session: AsyncSession, user_id: str, key: str) -> Sequence[Task]:
    """Tasks with the label whose name has that key, the trash included."""
    labelled = select(col(TaskLabel.task_id)).where(
        col(TaskLabel.user_id) == user_id, col(TaskLabel.key) == key
    )
    query = select(Task).where(col(Task.user_id) == user_id, col(Task.id).in_(labelled))
    return (await session.scalars(query.order_by(col(Task.created_at), col(Task.id)))).all()
