"""Queries of changes that go on after their request."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from servicekit.persistence.ownership import OwnedRepository
from servicekit.persistence.prepared_queries import ExistsQuery
from task_service.fanout.models import FanOut, FanOutTask, Kind

ROWS_AT_ONCE = 1000
"""The event loop has its turn between them."""

_TASKS = FanOutTask.metadata.tables["fan_out_task"]

IS_ANY_WAITING = ExistsQuery(select(col(FanOut.id)).where(col(FanOut.leased_until) < bindparam("now")))
"""Whether there is a job, of whomever, that nobody works on at `now`."""


class FanOutRepository(OwnedRepository):
    """The jobs of one owner, and the tasks they have still to change."""

    async def lock_job(self, id: str) -> FanOut | None:
        query = self.select(FanOut).where(col(FanOut.id) == id)
        return (await self.session.scalars(query.with_for_update())).first()

    async def find_job_about(self, kind: Kind, subject: str) -> FanOut | None:
        query = self.select(FanOut).where(col(FanOut.kind) == kind, col(FanOut.subject) == subject)
        return (await self.session.scalars(query)).first()

    async def list_jobs(self, kind: Kind) -> Sequence[FanOut]:
        return (await self.session.scalars(self.select(FanOut).where(col(FanOut.kind) == kind))).all()

    async def count_jobs(self) -> int:
        return (await self.session.scalar(self.select(func.count(), of=FanOut))) or 0

    async def queue_tasks(self, job: FanOut, ids: Sequence[str]) -> None:
        """Tasks to change, in this order, for a job that has none."""
        rows = [
            {"job_id": job.id, "number": number, "user_id": self.user_id, "task_id": id}
            for number, id in enumerate(ids)
        ]
        for start in range(0, len(rows), ROWS_AT_ONCE):
            await self.session.execute(_TASKS.insert(), rows[start : start + ROWS_AT_ONCE])

    async def list_next_tasks(self, job: FanOut, limit: int) -> Sequence[FanOutTask]:
        query = self.select(FanOutTask).where(col(FanOutTask.job_id) == job.id)
        return (await self.session.scalars(query.order_by(col(FanOutTask.number)).limit(limit))).all()

    async def drop_tasks(self, job: FanOut, up_to: int) -> None:
        own = col(FanOutTask.job_id) == job.id
        await self.session.execute(self.delete(FanOutTask).where(own, col(FanOutTask.number) <= up_to))

    async def drop_job(self, job: FanOut) -> None:
        await self.session.execute(self.delete(FanOutTask).where(col(FanOutTask.job_id) == job.id))
        await self.session.execute(self.delete(FanOut).where(col(FanOut.id) == job.id))

    async def erase_all(self) -> None:
        for model in (FanOutTask, FanOut):
            await self.session.execute(self.delete(model))


async def lock_next_job(session: AsyncSession, now: datetime) -> FanOut | None:
    """The one, of whomever, that nobody works on and that waits longest, locked."""
    query = select(FanOut).where(col(FanOut.leased_until) < now).order_by(col(FanOut.leased_until)).limit(1)
    return (await session.scalars(query.with_for_update(skip_locked=True))).first()


async def find_owner(session: AsyncSession, id: str) -> str | None:
    """Whose job this is; None if it is done."""
    return await session.scalar(select(col(FanOut.user_id)).where(col(FanOut.id) == id))
