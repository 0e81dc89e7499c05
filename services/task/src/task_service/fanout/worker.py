"""Carries on with changes of many tasks, a few in each transaction, so that nobody waits for long.

A change is leased by whoever works on it, for a second or so; then it is the turn of the one that waits
longest. If its worker dies, another one goes on where that ended. A change is never given up: half of it
would stay for good. One that fails is tried again, less and less often.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncSession

from servicekit.persistence.database import Database
from servicekit.security.auth import Agent, Principal
from task_service.fanout import repository
from task_service.fanout.models import FanOut, Kind
from task_service.labels import use_cases as labels
from task_service.models import Task
from task_service.polling import poll
from task_service.tasks import repository as tasks
from task_service.tasks import subtask_copying
from task_service.tasks import subtree as tree
from task_service.tasks import time_zones as zones

CHUNK = 25
"""Tasks in one transaction."""
TURN_SECONDS = 1.0
"""How long one change is worked on before another one has its turn."""
SHARE = 0.5
"""Of the time that a chunk takes, how long it leaves the event loop and the database to others after it."""
LEASE = timedelta(seconds=60)
POLL_SECONDS = 1.0
PAUSE_SECONDS = 5.0
LONGEST_PAUSE_SECONDS = 300.0

log = logging.getLogger(__name__)

Apply: TypeAlias = Callable[[AsyncSession, FanOut, Sequence[Task]], Awaitable[None]]
Find: TypeAlias = Callable[[AsyncSession, FanOut], Awaitable[Sequence[str]]]

APPLY: Mapping[Kind, Apply] = {
    Kind.RELABEL: labels.relabel_more,
    Kind.TRASH: tree.trash_more,
    Kind.RESTORE: tree.restore_more,
    Kind.ZONE: zones.follow_more,
    Kind.COPY: subtask_copying.copy_remaining,
}
FIND_NEW: Mapping[Kind, Find] = {Kind.RELABEL: labels.find_new, Kind.TRASH: tree.find_new}
"""What has come to be meant since the change began: a new task below one that is being deleted, say."""


async def run(app: FastAPI) -> None:
    """Work until cancelled."""
    database: Database = app.state.database

    async def do_next() -> bool:
        job = await _lease(database)
        if job:
            await work(database, job)
        return job is not None

    await poll("large changes", do_next, every_seconds=POLL_SECONDS, pause_seconds=PAUSE_SECONDS)


async def work(database: Database, job: FanOut) -> None:
    """Change tasks for one turn; whoever comes next goes on."""
    began, pause = time.perf_counter(), 0.0
    try:
        while time.perf_counter() - began < TURN_SECONDS and await change_some(database, job.id):
            pass
    except Exception:
        log.exception("large change %s (%s) stopped", job.id, job.kind)
        pause = min(PAUSE_SECONDS * 2**job.failures, LONGEST_PAUSE_SECONDS)
    finally:
        await asyncio.shield(_give_back(database, job.id, pause))


async def change_some(database: Database, id: str) -> bool:
    """Change the next few tasks of a job, in one transaction; says whether any are left."""
    began = time.perf_counter()
    async with database.transaction() as session:
        job = await _lock(session, id)
        if job is None:
            return False
        is_left = await _change(session, job)
    await asyncio.sleep((time.perf_counter() - began) * SHARE)
    return is_left


async def _lock(session: AsyncSession, id: str) -> FanOut | None:
    """The job, locked; None if it is done, or its user was erased, or a later change took its place."""
    found = await session.get(FanOut, id)
    if found is None:
        return None
    await tasks.lock_user(session, found.user_id)
    session.expire(found)
    job = await repository.lock_job(session, id)
    if job:
        via = Agent(**job.via) if job.via else None
        session.info["principal"] = Principal(job.user_id, "user", "UTC", "", 0, via=via)
        job.failures = 0
    return job


async def _change(session: AsyncSession, job: FanOut) -> bool:
    waiting = await repository.next_tasks(session, job, CHUNK)
    if waiting:
        found = await tasks.these(session, job.user_id, [each.task_id for each in waiting])
        await APPLY[Kind(job.kind)](session, job, found)
        await session.flush()
        await repository.drop_tasks(session, job, waiting[-1].number)
        return True
    find = FIND_NEW.get(Kind(job.kind))
    new = await find(session, job) if find else ()
    if new:
        await repository.add_tasks(session, job, new)
    else:
        await repository.drop_job(session, job)
    return bool(new)


async def _lease(database: Database) -> FanOut | None:
    now = datetime.now(UTC)
    if not await repository.IS_ANY_WAITING.finds(database, now=now):
        return None
    async with database.transaction() as session:
        job = await repository.next_job(session, now)
        if job:
            job.leased_until = now + LEASE
    return job


async def _give_back(database: Database, id: str, pause: float) -> None:
    """pause: seconds until it may be tried again, after a failure."""
    async with database.transaction() as session:
        job = await repository.lock_job(session, id)
        if job:
            job.leased_until = datetime.now(UTC) + timedelta(seconds=pause)
            job.failures += pause > 0
