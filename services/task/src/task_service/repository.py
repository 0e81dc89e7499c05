"""Every query of the task service."""

from collections.abc import Sequence

from sqlalchemy import delete, select
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


async def newest(session: AsyncSession, user_id: str, before: str | None, limit: int) -> Sequence[Task]:
    """Tasks that are not in the trash, newest first, behind the task `before`."""
    query = select(Task).where(col(Task.user_id) == user_id, col(Task.deleted_at).is_(None))
    if before:
        query = query.where(col(Task.id) < before)
    return (await session.scalars(query.order_by(col(Task.id).desc()).limit(limit))).all()


async def erase_user(session: AsyncSession, user_id: str) -> None:
    await session.execute(delete(Task).where(col(Task.user_id) == user_id))
