"""One job of the Dapr scheduler for each second in which a reminder is due.

The tables are the truth, the jobs only a timer: they carry nothing, and whoever is called fires
whatever is due. So one that comes twice or for nothing does no harm, and a reminder that moves needs at
most one more. What the scheduler loses is noticed by the sweep (docs/reminders.md).
"""

import asyncio
import logging
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from notification_service.reminders import repository, scheduler
from notification_service.reminders.dispatcher import ReminderDispatcher
from servicekit.dapr.sidecar import Sidecar
from servicekit.errors import Unavailable
from servicekit.persistence.database import Database

POLL_SECONDS = 0.5
SWEEP_SECONDS = 10.0
"""How late a reminder gets whose job was lost, at most."""
CHECK_SECONDS = 60.0
"""How often the scheduler is asked whether it still has the next job."""
CONCURRENT_REQUESTS = 16
BATCH = 200
SOON = timedelta(seconds=5)

log = logging.getLogger(__name__)


def job_name(at: datetime) -> str:
    return f"due-{at.timestamp():.0f}"


class ScheduledJobs:
    """Sets jobs, and looks after what the scheduler may have lost."""

    def __init__(self, database: Database, sidecar: Sidecar, dispatcher: ReminderDispatcher) -> None:
        self._database = database
        self._sidecar = sidecar
        self._dispatcher = dispatcher
        self._swept_at = 0.0
        self._checked_at = time.monotonic()

    async def run(self) -> None:
        """Keep the jobs in step with the table until cancelled."""
        while True:
            try:
                await self.sync_jobs()
            except Exception as error:
                log.warning("jobs will be set later: %s", error)
                await asyncio.sleep(1)
            await asyncio.sleep(POLL_SECONDS)

    async def sync_jobs(self) -> None:
        await self._sweep_if_due()
        while len(await self._schedule_batch()) == BATCH:
            continue
        if time.monotonic() - self._checked_at > CHECK_SECONDS:
            self._checked_at = time.monotonic()
            await self.check_scheduler()

    async def check_scheduler(self) -> None:
        """Set all jobs again if the scheduler has lost the next one."""
        async with self._database.reading() as session:
            following = await repository.find_next_job(session, datetime.now(UTC) + SOON)
        if following and not await scheduler.job_exists(self._sidecar, job_name(following)):
            log.error("the scheduler has lost its jobs; they are set again")
            async with self._database.transaction() as session:
                await repository.mark_all_unset(session)

    async def _sweep_if_due(self) -> None:
        if time.monotonic() - self._swept_at > SWEEP_SECONDS:
            self._swept_at = time.monotonic()
            await self._dispatcher.fire_due_reminders()

    async def _schedule_batch(self) -> Sequence[datetime]:
        if not await repository.IS_ANY_UNSET.finds(self._database):
            return []
        async with self._database.reading() as session:
            waiting = await repository.list_unset_jobs(session, BATCH)
        now = datetime.now(UTC)
        if waiting and waiting[0] <= now:
            await self._dispatcher.fire_due_reminders()
        coming = [at for at in waiting if at > now]
        if not coming:
            return []
        gate = asyncio.Semaphore(CONCURRENT_REQUESTS)
        done = await asyncio.gather(*(self._schedule_one(at, gate) for at in coming))
        async with self._database.transaction() as session:
            await repository.mark_set(
                session, [at for at, is_set in zip(coming, done, strict=True) if is_set]
            )
        if not all(done):
            raise Unavailable("some jobs could not be set")
        return coming

    async def _schedule_one(self, at: datetime, gate: asyncio.Semaphore) -> bool:
        async with gate:
            try:
                await scheduler.schedule_job(self._sidecar, job_name(at), at)
            except Unavailable as error:
                log.warning("job %s could not be set: %s", job_name(at), error)
                return False
        return True
