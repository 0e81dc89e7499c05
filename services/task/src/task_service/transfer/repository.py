"""Queries of imports and exports."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import and_, delete, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from task_service.models import Activity, Project, Task
from task_service.structure.repository import Named
from task_service.transfer.models import ImportJob

UNFINISHED = ("waiting", "running")
READING = "reading"
"""Of a file that a request still reads; nothing of it is to be seen."""


async def job(session: AsyncSession, user_id: str, id: str) -> ImportJob | None:
    query = select(ImportJob).where(
        col(ImportJob.id) == id, col(ImportJob.user_id) == user_id, col(ImportJob.status) != READING
    )
    return (await session.scalars(query)).first()


async def running_of(session: AsyncSession, user_id: str, now: datetime) -> int:
    """How many files of a user are being read or taken in, or wait for it, at `now`."""
    is_read = and_(col(ImportJob.status) == READING, col(ImportJob.leased_until) > now)
    query = select(func.count()).where(
        col(ImportJob.user_id) == user_id, or_(col(ImportJob.status).in_(UNFINISHED), is_read)
    )
    return (await session.scalar(query)) or 0


async def next_job(session: AsyncSession, now: datetime) -> ImportJob | None:
    """The oldest import nobody works on, locked."""
    query = select(ImportJob).where(col(ImportJob.status).in_(UNFINISHED), col(ImportJob.leased_until) < now)
    query = query.order_by(col(ImportJob.created_at)).limit(1).with_for_update(skip_locked=True)
    return (await session.scalars(query)).first()


async def lock_job(session: AsyncSession, id: str) -> ImportJob | None:
    return (await session.scalars(select(ImportJob).where(col(ImportJob.id) == id).with_for_update())).first()


async def drop_read(session: AsyncSession, id: str) -> None:
    """Drop a file that was read, unless it waits to be taken in."""
    query = delete(ImportJob).where(col(ImportJob.id) == id, col(ImportJob.status) == READING)
    await session.execute(query)


async def forget_jobs(session: AsyncSession, before: datetime) -> None:
    await session.execute(delete(ImportJob).where(col(ImportJob.created_at) < before))


async def erase_user(session: AsyncSession, user_id: str) -> None:
    await session.execute(delete(ImportJob).where(col(ImportJob.user_id) == user_id))


async def known_tasks(session: AsyncSession, user_id: str, ids: Collection[str]) -> set[str]:
    """Which of these ids are tasks of the user, the trash included."""
    found: set[str] = set()
    wanted = list(ids)
    for start in range(0, len(wanted), 500):
        query = select(col(Task.id)).where(
            col(Task.user_id) == user_id, col(Task.id).in_(wanted[start : start + 500])
        )
        found |= set((await session.scalars(query)).all())
    return found


async def projects(session: AsyncSession, user_id: str) -> Sequence[Project]:
    """All that are not in the trash, in their order."""
    query = select(Project).where(col(Project.user_id) == user_id, col(Project.deleted_at).is_(None))
    return (await session.scalars(query.order_by(col(Project.position), col(Project.id)))).all()


async def all_of(session: AsyncSession, model: type[Named], user_id: str) -> Sequence[Named]:
    query = select(model).where(col(model.user_id) == user_id)
    return (await session.scalars(query.order_by(col(model.position), col(model.id)))).all()


async def tasks_after(
    session: AsyncSession, user_id: str, last: str, limit: int, *, trashed: bool = False
) -> Sequence[Task]:
    """Tasks that are not in the trash, or those that are, by id, behind the id `last`."""
    deleted = col(Task.deleted_at)
    query = select(Task).where(col(Task.user_id) == user_id, col(Task.id) > last)
    query = query.where(deleted.is_not(None) if trashed else deleted.is_(None))
    return (await session.scalars(query.order_by(col(Task.id)).limit(limit))).all()


async def activity_after(session: AsyncSession, user_id: str, last: str, limit: int) -> Sequence[Activity]:
    """What happened to all tasks, oldest first, behind the id `last`."""
    query = select(Activity).where(col(Activity.user_id) == user_id, col(Activity.id) > last)
    return (await session.scalars(query.order_by(col(Activity.id)).limit(limit))).all()


async def zones(session: AsyncSession, user_id: str) -> Sequence[str]:
    """The time zones tasks of the user are fixed to."""
    query = select(col(Task.time_zone)).where(
        col(Task.user_id) == user_id, col(Task.deleted_at).is_(None), col(Task.time_zone).is_not(None)
    )
    return [zone for zone in (await session.scalars(query.distinct())).all() if zone]
