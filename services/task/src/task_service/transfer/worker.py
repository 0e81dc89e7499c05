"""Takes in the files that were sent, one after the other, beside the requests.

A file waits in the database and is leased by whoever works on it. If that one dies, another one starts
over when the lease has run out: ids are made from the file, so what is there already is passed over.
"""

import asyncio
import gzip
import logging
from datetime import UTC, datetime, timedelta

from fastapi import FastAPI

from servicekit.auth import Principal
from servicekit.database import Database
from task_service.quickadd import Calendar
from task_service.transfer import formats, repository
from task_service.transfer.adding import Adding
from task_service.transfer.models import ImportJob
from task_service.transfer.source import Unreadable

LEASE = timedelta(seconds=60)
POLL_SECONDS = 1.0
PAUSE_SECONDS = 5.0

log = logging.getLogger(__name__)


async def run(app: FastAPI) -> None:
    """Work until cancelled."""
    database: Database = app.state.database
    while True:
        try:
            job = await _lease(database)
            if job:
                await take_in(database, job)
            else:
                await asyncio.sleep(POLL_SECONDS)
        except Exception as error:
            log.warning("an import stopped and will be tried again: %s", error)
            await asyncio.sleep(PAUSE_SECONDS)


async def take_in(database: Database, job: ImportJob) -> None:
    """Take in one file, from its beginning."""
    user = Principal(job.user_id, "user", job.zone, "", 0)
    calendar = Calendar.at(job.created_at, job.zone)
    try:
        body = gzip.decompress(job.body)
        source = await asyncio.to_thread(formats.read, body, job.format, job.project, calendar)  # type: ignore[arg-type]
    except Unreadable as error:
        await _finish(database, job, str(error))
        return
    async with database.reading() as session:
        adding = await Adding.of(session, user, source)
    async with database.transaction() as session:
        await adding.add_structure(session)
    before = job.added
    added = 0
    for chunk in adding.chunks():
        async with database.transaction() as session:
            await adding.add(session, chunk)
            added += len(chunk)
            stored = await repository.lock_job(session, job.id)
            if stored is None:
                return
            stored.total = len(source.tasks)
            stored.added = before + added
            stored.skipped = max(adding.plan.skipped - before, 0)
            stored.done = stored.added + stored.skipped
            stored.leased_until = datetime.now(UTC) + LEASE
    await _finish(database, job, "", adding)


async def _lease(database: Database) -> ImportJob | None:
    now = datetime.now(UTC)
    async with database.transaction() as session:
        job = await repository.next_job(session, now)
        if job:
            job.status, job.leased_until = "running", now + LEASE
    return job


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
