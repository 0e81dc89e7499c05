"""The rules of imports."""

import asyncio
import gzip
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from servicekit.errors import Conflict, Invalid, NotFound
from servicekit.persistence.database import Database
from servicekit.security.auth import Principal
from servicekit.web.ids import new_id
from task_service.activity_log.recorder import describe_agent
from task_service.import_export import formats, repository
from task_service.import_export.file_process import FileProcess, FileProcessError
from task_service.import_export.file_reader import FileRequest, FileSummary
from task_service.import_export.limits import MAX_AT_ONCE, WAIT_SECONDS
from task_service.import_export.models import ImportJob
from task_service.import_export.parsed_file import Owner, UnreadableFile
from task_service.import_export.schemas import ImportRead, ReportLine
from task_service.unit_of_work.unit import UnitOfWork

RETENTION = timedelta(days=7)
"""How long it can be asked what became of an import."""
READ_WITHIN = timedelta(seconds=3 * WAIT_SECONDS)
"""After which a file that is being read no longer counts: whoever read it is gone."""
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


class ImportUnreadable(Invalid):
    code = "import-unreadable"
    title = "This file can't be read"


class TooManyImports(Conflict):
    code = "too-many-imports"
    title = "Too many of your imports are still unfinished"


@asynccontextmanager
async def admit_file(
    database: Database, readers: asyncio.Semaphore, user: Principal, request: FileRequest
) -> AsyncIterator[str]:
    """One of the files a user may have in progress; gives its id.

    It is counted under the user's lock, before anything is read, until it is done.
    Raises `TooManyImports`, `AccountGone`.
    """
    id = new_id()
    async with database.transaction() as session:
        unit = await UnitOfWork.begin(session, user)
        await unit.require_account()
        if await unit.imports.count_running(request.now) >= MAX_AT_ONCE:
            raise TooManyImports
        unit.add(_make_job(id, request, status=repository.READING, leased_until=request.now + READ_WITHIN))
    try:
        async with readers:
            yield id
    finally:
        async with database.transaction() as session:
            await UnitOfWork(session, user).imports.discard_unqueued(id)


async def read_file(process: FileProcess) -> FileSummary:
    """Read a file. Raises `ImportUnreadable` for what is none."""
    try:
        return await process.read()
    except UnreadableFile as error:
        raise ImportUnreadable(str(error)) from error
    except FileProcessError as error:
        raise ImportUnreadable(f"The import was aborted: {error}.") from error


async def enqueue_import(unit: UnitOfWork, id: str, request: FileRequest, found: FileSummary) -> ImportJob:
    """Put a file that was read, and is counted as `id`, in the queue. Raises `AccountGone`."""
    body = request.body
    packed = body if formats.is_packed(body) else await asyncio.to_thread(gzip.compress, body, 5)
    await unit.require_account()
    job = await unit.imports.lock_job(id) or _make_job(id, request)
    job.sqlmodel_update({"body": packed, "total": found.total, "format": found.format, "status": "waiting"})
    job.leased_until = LONG_AGO
    unit.add(job)
    return job


async def preview_import(database: Database, user: Principal, request: FileRequest) -> ImportRead:
    """What would come of a file; nothing is stored. Raises `ImportUnreadable`."""
    async with FileProcess(request) as process:
        found = await read_file(process)
        async with database.reading() as session:
            known = await UnitOfWork(session, user).imports.find_known_tasks(found.possible_ids)
        try:
            outlook = await process.plan(known)
        except FileProcessError as error:
            raise ImportUnreadable(f"The import was aborted: {error}.") from error
    return ImportRead(
        id=new_id(),
        status="preview",
        total=outlook.total,
        done=0,
        added=outlook.new,
        skipped=outlook.total - outlook.new,
        report=[ReportLine.model_validate(line) for line in outlook.report.lines],
        more=outlook.report.more,
        created_at=request.now,
        finished_at=datetime.now(UTC),
        format=found.format,
        tasks=outlook.first,
    )


async def read_import(unit: UnitOfWork, id: str) -> ImportJob:
    """How far an import is. Raises `NotFound`."""
    job = await unit.imports.find_job(id)
    if job is None:
        raise NotFound
    return job


async def purge_imports(session: AsyncSession) -> None:
    """Drop imports nobody asks about any more."""
    await repository.purge_jobs(session, datetime.now(UTC) - RETENTION)


def make_owner(user: Principal) -> Owner:
    return Owner(user.user_id, user.time_zone, user.week_start, describe_agent(user))


def _make_job(id: str, request: FileRequest, **values: Any) -> ImportJob:
    user = request.user
    own: dict[str, Any] = {
        "id": id,
        "user_id": user.user_id,
        "zone": user.time_zone,
        "week_start": user.week_start,
        "via": user.via,
        "format": request.format,
        "project": request.project,
        "body": b"",
        "leased_until": LONG_AGO,
        "created_at": request.now,
    }
    return ImportJob(**(own | values))
