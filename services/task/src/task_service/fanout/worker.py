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

from servicekit.persistence.clock import read_clock
from servicekit.persistence.database import Database
from servicekit.security.auth import Agent
from task_service.container import container_of
from task_service.fanout import repository
from task_service.fanout.models import FanOut, Kind
from task_service.labels import use_cases as labels
from task_service.models import Task
from task_service.polling import poll
from task_service.tasks import subtask_copying, subtree, time_zones
from task_service.unit_of_work.unit import UnitOfWork, act_for

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

Apply: TypeAlias = Callable[[UnitOfWork, FanOut, Sequence[Task]], Awaitable[None]]
Find: TypeAlias = Callable[[UnitOfWork, FanOut], Awaitable[Sequence[str]]]

APPLY: Mapping[Kind, Apply] = {
    Kind.RELABEL: labels.relabel_more,
    Kind.TRASH: subtree.trash_more,
    Kind.RESTORE: subtree.restore_more,
    Kind.ZONE: time_zones.follow_more,
    Kind.COPY: subtask_copying.copy_remaining,
}
FIND_NEW: Mapping[Kind, Find] = {Kind.RELABEL: labels.find_new, Kind.TRASH: subtree.find_new}
"""What has come to be meant since the change began: a new task below one that is being deleted, say."""


async def run(app: FastAPI) -> None:
    """Work until cancelled."""
    database = container_of(app).database

    async def do_next() -> bool:
        job = await _lease(database)
        if job:
            await work_on(database, job)
        return job is not None

    await poll("large changes", do_next, every_seconds=POLL_SECONDS, pause_seconds=PAUSE_SECONDS)


async def work_on(database: Database, job: FanOut) -> None:
    """Change tasks for one turn; whoever comes next goes on."""
    began, pause = time.perf_counter(), 0.0
    try:
        while time.perf_counter() - began < TURN_SECONDS and await change_some(database, job.id):
            pass
    except Exception:
        log.exception("large change %s (%s) stopped", job.id, job.kind)
        pause = min(PAUSE_SECONDS * 2**job.failures, LONGEST_PAUSE_SECONDS)
    finally:
        await asyncio.shield(_give_back(database, job, pause))


async def change_some(database: Database, id: str) -> bool:
    """Change the next few tasks of a job, in one transaction; says whether any are left."""
    began = time.perf_counter()
    async with database.transaction() as session:
        unit = await _begin_unit(session, id)
        job = await unit.fan_outs.lock_job(id) if unit else None
        if unit is None or job is None:
            return False
        is_left = await _change_tasks(unit, job)
    await asyncio.sleep((time.perf_counter() - began) * SHARE)
    return is_left


async def _begin_unit(session: AsyncSession, id: str) -> UnitOfWork | None:
    """For the owner of a job; None if it is done, its user was erased, or a later change took its place."""
    user_id = await repository.find_owner(session, id)
    return await UnitOfWork.begin(session, act_for(user_id)) if user_id else None


async def _change_tasks(unit: UnitOfWork, job: FanOut) -> bool:
    unit.session.info["principal"] = act_for(job.user_id, via=Agent(**job.via) if job.via else None)
    job.failures = 0
    waiting = await unit.fan_outs.list_next_tasks(job, CHUNK)
    if waiting:
        found = await unit.tasks.find_tasks([each.task_id for each in waiting])
        await APPLY[Kind(job.kind)](unit, job, found)
        await unit.flush()
        await unit.fan_outs.drop_tasks(job, waiting[-1].number)
        return True
    find = FIND_NEW.get(Kind(job.kind))
    new = await find(unit, job) if find else ()
    if new:
        await unit.fan_outs.queue_tasks(job, new)
    else:
        await unit.fan_outs.drop_job(job)
    return bool(new)


async def _lease(database: Database) -> FanOut | None:
    if not await repository.IS_ANY_WAITING.finds(database, now=datetime.now(UTC)):
        return None
    async with database.transaction() as session:
        now = await read_clock(session)
        job = await repository.lock_next_job(session, now)
        if job:
            job.leased_until = now + LEASE
    return job


async def _give_back(database: Database, leased: FanOut, pause: float) -> None:
    """pause: seconds until it may be tried again, after a failure."""
    async with database.transaction() as session:
        job = await UnitOfWork(session, act_for(leased.user_id)).fan_outs.lock_job(leased.id)
        if job:
            job.leased_until = await read_clock(session) + timedelta(seconds=pause)
            job.failures += pause > 0
