"""Takes in the files that were sent, one after the other, beside the requests.

A file waits in the database and is leased by whoever works on it. If that one dies, another one starts
over when the lease has run out: ids are made from the file, so what is there already is passed over.

What stops an import is counted until a chunk more has been added. Errors end it soon; a worker that was
killed or restarted may have had nothing to do with the file, so that many more of these are borne, and
only so that a file that kills whoever reads it ends, too. While the database is away nothing can be
counted, and nothing is.
"""

import asyncio
import gzip
import logging
from datetime import UTC, datetime, timedelta

from fastapi import FastAPI
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncSession

from servicekit.auth import Principal
from servicekit.database import Database
from servicekit.errors import QuotaExceeded
from task_service import repository as tasks
from task_service.quickadd import Calendar
from task_service.transfer import formats, repository
from task_service.transfer.adding import Adding
from task_service.transfer.models import ImportJob
from task_service.transfer.source import Unreadable

LEASE = timedelta(seconds=60)
POLL_SECONDS = 1.0
PAUSE_SECONDS = 5.0
MAX_FAILURES = 3
MAX_INTERRUPTIONS = 20
AROUND_IT = (OSError, OperationalError, InterfaceError, PoolTimeout)
"""Errors that come from what is around an import, most likely the database, and not from its file."""

log = logging.getLogger(__name__)


async def run(app: FastAPI) -> None:
    """Work until cancelled."""
    database: Database = app.state.database
    while True:
        try:
            job = await _lease(database)
            if job:
                await attempt(database, job)
            else:
                await asyncio.sleep(POLL_SECONDS)
        except Exception as error:
            log.warning("imports pause: %s", error)
            await asyncio.sleep(PAUSE_SECONDS)


async def attempt(database: Database, job: ImportJob) -> None:
    """Take in one file; an error is counted, and the last one borne ends the import."""
    if job.interruptions > MAX_INTERRUPTIONS:
        await _finish(database, job, _given_up(job, "whoever took it in was stopped", job.interruptions))
        return
    try:
        await take_in(database, job)
    except QuotaExceeded as error:
        await _finish(database, job, error.detail)
    except Exception as error:
        log.exception("import %s stopped", job.id)
        failures = await _put_back(database, job, is_ours=not isinstance(error, AROUND_IT))
        if failures >= MAX_FAILURES:
            why = f"an error of ours stopped it ({type(error).__name__})"
            await _finish(database, job, _given_up(job, why, failures))


async def take_in(database: Database, job: ImportJob) -> None:
    """Take in one file, from its beginning."""
    user = Principal(job.user_id, "user", job.zone, "", 0, job.week_start)
    calendar = Calendar.at(job.created_at, job.zone, job.week_start)
    try:
        body = gzip.decompress(job.body)
        source = await asyncio.to_thread(formats.read, body, job.format, job.project, calendar)  # type: ignore[arg-type]
    except Unreadable as error:
        await _finish(database, job, str(error))
        return
    async with database.reading() as session:
        adding = await Adding.of(session, user, source)
    async with database.transaction() as session:
        if await _still_there(session, job) is None:
            return
        await adding.require_room(session)
        await adding.add_structure(session)
    before = job.added
    added = 0
    for chunk in adding.chunks():
        async with database.transaction() as session:
            stored = await _still_there(session, job)
            if stored is None:
                return
            await adding.add(session, chunk)
            added += len(chunk)
            stored.total = len(source.tasks)
            stored.added = before + added
            stored.skipped = max(adding.plan.skipped - before, 0)
            stored.done = stored.added + stored.skipped
            stored.failures = stored.interruptions = 0
            stored.leased_until = datetime.now(UTC) + LEASE
    await _finish(database, job, "", adding)


async def _still_there(session: AsyncSession, job: ImportJob) -> ImportJob | None:
    """The job, locked; None if its user was erased meanwhile, who must get nothing more.

    Erasing takes its turn, too: it sees all that was added before, and ends before anything else is.
    """
    await tasks.take_turn(session, job.user_id)
    return await repository.lock_job(session, job.id)


async def _lease(database: Database) -> ImportJob | None:
    now = datetime.now(UTC)
    async with database.transaction() as session:
        job = await repository.next_job(session, now)
        if job:
            job.interruptions += job.status == "running"
            job.status, job.leased_until = "running", now + LEASE
    return job


async def _put_back(database: Database, job: ImportJob, *, is_ours: bool) -> int:
    """Let the file wait for its next turn; how many failures there are now.

    is_ours: what stopped it is a defect; else it was stopped like one whose worker is gone.
    """
    async with database.transaction() as session:
        stored = await repository.lock_job(session, job.id)
        if stored is None:
            return 0
        if is_ours:
            stored.failures, stored.status = stored.failures + 1, "waiting"
        stored.leased_until = datetime.now(UTC) + timedelta(seconds=PAUSE_SECONDS)
        return stored.failures


def _given_up(job: ImportJob, why: str, times: int) -> str:
    return (
        f"It was given up: {why}, {times} times. What was added stays; the same file, sent again, goes on "
        f"where this ended. Whoever looks into it needs this number: {job.id}."
    )


async def _finish(database: Database, job: ImportJob, failure: str, adding: Adding | None = None) -> None:
    async with database.transaction() as session:
        stored = await repository.lock_job(session, job.id)
        if stored is None:
            return
        stored.status = "failed" if failure else "done"
        stored.body, stored.finished_at = b"", datetime.now(UTC)
        if failure:
            stored.report = [{"where": "file", "what": failure}]
        if adding:
            stored.total = stored.done = len(adding.source.tasks)
            stored.skipped = stored.total - stored.added
            stored.report, stored.more = adding.source.report.lines, adding.source.report.more
