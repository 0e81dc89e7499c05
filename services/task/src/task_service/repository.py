"""Every query of the task service."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import delete, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from task_service.models import Task


async def by_id(session: AsyncSession, user_id: str, id: str) -> Task | None:
    """A task that is not in the trash."""
    query = select(Task).where(
        col(Task.id) == id, col(Task.user_id) == user_id, col(Task.deleted_at).is_(None)
    )
    return (await session.scalars(query)).first()


async def lock(session: AsyncSession, user_id: str, id: str) -> Task | None:
    """A task, in the trash or not, locked until the transaction ends."""
    query = select(Task).where(col(Task.id) == id, col(Task.user_id) == user_id)
    return (await session.scalars(query.with_for_update())).first()


async def newest(
    session: AsyncSession, user_id: str, before: tuple[datetime, str] | None, limit: int
) -> Sequence[Task]:
    """Tasks that are not in the trash, newest first, behind the one made at that time with that id."""
    query = select(Task).where(col(Task.user_id) == user_id, col(Task.deleted_at).is_(None))
    made = tuple_(col(Task.created_at), col(Task.id))
    if before:
        query = query.where(made < before)
    newest_first = (col(Task.created_at).desc(), col(Task.id).desc())
    return (await session.scalars(query.order_by(*newest_first).limit(limit))).all()


async def subtasks(session: AsyncSession, user_id: str, parents: Collection[str]) -> Sequence[Task]:
    """What lies directly below these tasks and is not in the trash."""
    query = select(Task).where(
        col(Task.user_id) == user_id, col(Task.parent_id).in_(parents), col(Task.deleted_at).is_(None)
    )
    return (await session.scalars(query.order_by(col(Task.created_at), col(Task.id)))).all()


async def erase_user(session: AsyncSession, user_id: str) -> None:
    await session.execute(delete(Task).where(col(Task.user_id) == user_id))
