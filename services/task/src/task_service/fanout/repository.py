"""Queries of changes that go on after their request."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from servicekit.persistence.prepared_queries import ExistsQuery
from task_service.fanout.models import FanOut, FanOutTask, Kind

ROWS_AT_ONCE = 1000
"""The event loop has its turn between them."""

_TASKS = FanOutTask.metadata.tables["fan_out_task"]

IS_ANY_WAITING = ExistsQuery(select(col(FanOut.id)).where(col(FanOut.leased_until) < bindparam("now")))
"""Whether there is a job that nobody works on at `now`."""


async def next_job(session: AsyncSession, now: datetime) -> FanOut | None:
    """The one that nobody works on and that waits longest, locked."""
    query = select(FanOut).where(col(FanOut.leased_until) < now).order_by(col(FanOut.leased_until)).limit(1)
    return (await session.scalars(query.with_for_update(skip_locked=True))).first()


async def lock_job(session: AsyncSession, id: str) -> FanOut | None:
    return (await session.scalars(select(FanOut).where(col(FanOut.id) == id).with_for_update())).first()


async def about(session: AsyncSession, user_id: str, kind: Kind, subject: str) -> FanOut | None:
    query = select(FanOut).where(
        col(FanOut.user_id) == user_id, col(FanOut.kind) == kind, col(FanOut.subject) == subject
    )
    return (await session.scalars(query)).first()


async def of_kind(session: AsyncSession, user_id: str, kind: Kind) -> Sequence[FanOut]:
    query = select(FanOut).where(col(FanOut.user_id) == user_id, col(FanOut.kind) == kind)
    return (await session.scalars(query)).all()


async def number_of(session: AsyncSession, user_id: str) -> int:
    query = select(func.count()).select_from(FanOut).where(col(FanOut.user_id) == user_id)
    return (await session.scalar(query)) or 0


async def add_tasks(session: AsyncSession, job: FanOut, ids: Sequence[str]) -> None:
    """Tasks to change, in this order, for a job that has none."""
    rows = [
        {"job_id": job.id, "number": number, "user_id": job.user_id, "task_id": id}
        for number, id in enumerate(ids)
    ]
    for start in range(0, len(rows), ROWS_AT_ONCE):
        await session.execute(_TASKS.insert(), rows[start : start + ROWS_AT_ONCE])


async def next_tasks(session: AsyncSession, job: FanOut, limit: int) -> Sequence[FanOutTask]:
    query = select(FanOutTask).where(col(FanOutTask.job_id) == job.id)
    return (await session.scalars(query.order_by(col(FanOutTask.number)).limit(limit))).all()


async def drop_tasks(session: AsyncSession, job: FanOut, up_to: int) -> None:
    own = col(FanOutTask.job_id) == job.id
    await session.execute(delete(FanOutTask).where(own, col(FanOutTask.number) <= up_to))


async def drop_job(session: AsyncSession, job: FanOut) -> None:
    await session.execute(delete(FanOutTask).where(col(FanOutTask.job_id) == job.id))
    await session.execute(delete(FanOut).where(col(FanOut.id) == job.id))


async def erase_user(session: AsyncSession, user_id: str) -> None:
    for table in (FanOutTask, FanOut):
        await session.execute(delete(table).where(col(table.user_id) == user_id))
