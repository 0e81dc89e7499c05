"""Every query for projects, labels and saved filters."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TypeVar

from sqlalchemy import literal, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from contracts.folding import name_key
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


async def tasks_to_relabel(
    session: AsyncSession, user_id: str, keys: Collection[str], name: str | None
) -> Sequence[str]:
    """Ids of tasks, the trash included, with a label of one of these keys that is not written `name`."""
    own = name_key(name) if name else None
    labelled = col(TaskLabel.user_id) == user_id, col(TaskLabel.key).in_(keys)
    query = select(col(TaskLabel.task_id)).where(*labelled, col(TaskLabel.key) != (own or ""))
    found = set((await session.scalars(query)).all())
    if own in keys:  # the same label, written in another way: what a task has is to be looked at
        query_both = (
            select(col(Task.id), col(Task.labels))
            .join(TaskLabel, col(TaskLabel.task_id) == col(Task.id))
            .where(*labelled, col(TaskLabel.key) == own)
        )
        rows = (await session.execute(query_both)).all()
        found |= {id for id, written in rows if name not in written}
    return sorted(found)
