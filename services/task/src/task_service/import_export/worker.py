"""The worker that imports queued files, one after the other, beside the requests.

The queue is a table; a worker leases a job. If it dies, another one starts over when the lease expires. That
is idempotent: ids are derived from the file (`plan.derive_id`), so tasks that are there are skipped.

Failures are counted until another chunk is added, and the second one ends the import: a defect, an exhausted
budget, a killed worker. While the database is unavailable nothing can be counted; that is retried for
longer. A worker that is shut down releases its job, uncounted.
"""

import asyncio
import logging
import time
from datetime import UTC, datetime, timedelta
from typing import cast

from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncSession

from servicekit.errors import QuotaExceeded
from servicekit.messaging.outbox import record_event
from servicekit.persistence.clock import read_clock
from servicekit.persistence.database import Database, is_unavailable
from servicekit.security.auth import Agent, Principal
from task_service.container import container_of
from task_service.import_export import importer as adding_limits
from task_service.import_export import repository
from task_service.import_export.events import import_finished
from task_service.import_export.file_process import FileProcess, FileProcessError
from task_service.import_export.file_reader import FileRequest
from task_service.import_export.formats import Format
from task_service.import_export.importer import Importer
from task_service.import_export.models import ImportJob
from task_service.import_export.parsed_file import UnreadableFile
from task_service.import_export.preparation import ImportSummary
from task_service.import_export.use_cases import make_owner
from task_service.polling import poll
from task_service.unit_of_work.unit import UnitOfWork, act_for

LEASE = timedelta(seconds=60)
POLL_SECONDS = 1.0
PAUSE_SECONDS = 5.0
MAX_FAILURES = 2
MAX_INTERRUPTIONS = 20
PAUSE_SHARE = 0.5
"""Of the time that adding takes, how long it leaves the event loop and the database to others after it."""
log = logging.getLogger(__name__)


async def run(app: FastAPI) -> None:
    """Work until cancelled."""
    container = container_of(app)
    database, handover = container.database, container.handover

    async def do_next() -> bool:
        job = await _lease_job(database)
        if job:
            async with handover.taken(job.id) as process:
                await attempt_import(database, job, process)
        return job is not None

    try:
        await poll(
            "imports", do_next, every_seconds=POLL_SECONDS, pause_seconds=PAUSE_SECONDS, wait=handover.wait
        )
    finally:
        await handover.end()


async def attempt_import(database: Database, job: ImportJob, process: FileProcess | None = None) -> None:
    """Import one file; failures are counted, and the last one that is tolerated ends the import.

    process: that has read it already, if one has.
    """
    if job.failures >= MAX_FAILURES:
        await _finish_job(database, job, _describe_giving_up(job, "its worker was stopped", job.failures))
        return
    try:
        await run_import(database, job, process)
    except QuotaExceeded as error:
        await _finish_job(database, job, error.detail)
    except asyncio.CancelledError:
        await asyncio.shield(_release_job(database, job))
        raise
    except Exception as error:
        log.exception("import %s stopped", job.id)
        stored = await _requeue_job(database, job, is_ours=not _is_infrastructure_error(error))
        why = _describe_failure(error)
        if stored and stored.failures >= MAX_FAILURES:
            await _finish_job(database, job, _describe_giving_up(job, why, stored.failures))
        elif stored and stored.interruptions > MAX_INTERRUPTIONS:
            await _finish_job(database, job, _describe_giving_up(job, why, stored.interruptions))


async def run_import(database: Database, job: ImportJob, process: FileProcess | None = None) -> None:
    """Import one file, from its beginning. process: see `attempt_import`."""
    by = Agent(**job.via) if job.via else None
    user = Principal(job.user_id, "user", job.zone, "", 0, job.week_start, via=by)
    format = cast(Format | None, job.format)
    request = FileRequest(make_owner(user), job.body, format, job.project, job.created_at)
    async with process or FileProcess(request) as process:
        try:
            found = await process.read()
        except UnreadableFile as error:
            await _finish_job(database, job, str(error))
            return
        async with database.reading() as session:
            known = await UnitOfWork(session, user).imports.find_known_tasks(found.possible_ids)
        outlook = await process.plan(known)
        adding = Importer(outlook)
        async with database.transaction() as session:
            unit = await UnitOfWork.begin(session, user)
            if await unit.imports.lock_job(job.id) is None:
                return  # the user was erased meanwhile
            await adding.require_room(unit)
            settled = await adding.add_structure(unit)
        await process.send_structure(settled, chunk_size=adding_limits.CHUNK_SIZE)
        if await _add_chunks(database, user, job, adding, process, outlook):
            await _finish_job(database, job, "", adding)


async def _add_chunks(
    database: Database,
    user: Principal,
    job: ImportJob,
    adding: Importer,
    process: FileProcess,
    outlook: ImportSummary,
) -> bool:
    """Add chunk by chunk; False if the user was erased meanwhile, who must get nothing more.

    An erasure holds the lock of the user, too: it sees all that was added before, and ends before anything
    else is.
    """
    before, added = job.added, 0
    while (chunk := await process.chunk()) is not None:
        began = time.perf_counter()
        async with database.transaction() as session:
            unit = await UnitOfWork.begin(session, user)
            stored = await unit.imports.lock_job(job.id)
            if stored is None:
                return False
            stored.leased_until = await read_clock(session) + LEASE
            added += await adding.add_chunk(unit, chunk)
            _update_progress(stored, outlook, before, added)
        await asyncio.sleep((time.perf_counter() - began) * PAUSE_SHARE)
    return True


def _update_progress(stored: ImportJob, outlook: ImportSummary, before: int, added: int) -> None:
    stored.total = outlook.total
    stored.added = before + added
    stored.skipped = max(outlook.total - outlook.new - before, 0)
    stored.done = stored.added + stored.skipped
    stored.failures = stored.interruptions = 0


async def _lock_job(session: AsyncSession, job: ImportJob) -> ImportJob | None:
    """The job as it is stored now, locked; None if it is gone."""
    return await UnitOfWork(session, act_for(job.user_id)).imports.lock_job(job.id)


async def _lease_job(database: Database) -> ImportJob | None:
    if not await repository.IS_ANY_WAITING.finds(database, now=datetime.now(UTC)):
        return None
    async with database.transaction() as session:
        now = await read_clock(session)
        job = await repository.lock_next_job(session, now)
        if job:
            job.failures += job.status == "running"
            job.status, job.leased_until = "running", now + LEASE
    return job


async def _requeue_job(database: Database, job: ImportJob, *, is_ours: bool) -> ImportJob | None:
    """Let the file wait for its next turn; None if it is gone.

    is_ours: what stopped it is a defect or a budget, and not what is around it.
    """
    async with database.transaction() as session:
        stored = await _lock_job(session, job)
        if stored is None:
            return None
        stored.failures += is_ours
        stored.interruptions += not is_ours
        stored.status = "waiting"
        stored.leased_until = await read_clock(session) + timedelta(seconds=PAUSE_SECONDS)
    return stored


async def _release_job(database: Database, job: ImportJob) -> None:
    """Let somebody else go on at once: this process is told to stop."""
    async with database.transaction() as session:
        stored = await _lock_job(session, job)
        if stored:
            stored.status, stored.leased_until = "waiting", await read_clock(session)


def _is_infrastructure_error(error: Exception) -> bool:
    """Whether it comes from what is around an import, most likely the database, and not from its file."""
    return isinstance(error, OSError) or is_unavailable(error)


def _describe_failure(error: Exception) -> str:
    if isinstance(error, FileProcessError):
        return str(error)
    if _is_infrastructure_error(error):
        return f"the database could not be reached ({type(error).__name__})"
    return f"an error of ours stopped it ({type(error).__name__})"


def _describe_giving_up(job: ImportJob, why: str, times: int) -> str:
    return (
        f"The import was aborted: {why}, {times} times. Tasks added so far stay; the same file imported "
        f"again continues where this ended. Reference for support: {job.id}."
    )


async def _finish_job(
    database: Database, job: ImportJob, failure: str, adding: Importer | None = None
) -> None:
    async with database.transaction() as session:
        stored = await _lock_job(session, job)
        if stored is None or stored.finished_at:
            return
        stored.status = "failed" if failure else "done"
        stored.body, stored.finished_at = b"", datetime.now(UTC)
        if failure:
            stored.report = [{"where": "file", "what": failure}]
        if adding:
            stored.total = stored.done = adding.total
            stored.skipped = stored.total - stored.added
            stored.report, stored.more = adding.report.lines, adding.report.more
        record_event(session, import_finished(stored, failure))
