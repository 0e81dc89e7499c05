"""The rules of imports."""

import asyncio
import gzip
from datetime import UTC, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from servicekit.auth import Principal
from servicekit.errors import Conflict, Invalid, NotFound
from servicekit.ids import new_id
from task_service import repository as tasks
from task_service.quickadd import Calendar
from task_service.transfer import formats, repository
from task_service.transfer.adding import Adding
from task_service.transfer.formats import Format
from task_service.transfer.models import ImportJob
from task_service.transfer.schemas import ImportRead
from task_service.transfer.source import Source, Unreadable

KEPT = timedelta(days=7)
"""How long it can be asked what became of an import."""
MAX_AT_ONCE = 3
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


class ImportUnreadable(Invalid):
    code = "import-unreadable"
    title = "This file can't be read"


class TooManyImports(Conflict):
    code = "too-many-imports"
    title = "Other imports of yours are not finished yet"


async def start(
    session: AsyncSession, user: Principal, body: bytes, format: Format | None, project: str | None
) -> ImportJob:
    """Put a file in the queue.

    Raises `ImportUnreadable` for what is none, before anything is stored; `TooManyImports`, `AccountGone`.
    """
    if await repository.running_of(session, user.user_id) >= MAX_AT_ONCE:
        raise TooManyImports
    now = datetime.now(UTC)
    plain, source = await _read(user, body, format, project, now)
    job = ImportJob(
        id=new_id(),
        user_id=user.user_id,
        zone=user.time_zone,
        week_start=user.week_start,
        format=format,
        project=project,
        body=await asyncio.to_thread(gzip.compress, plain, 5),
        total=len(source.tasks),
        leased_until=LONG_AGO,
        created_at=now,
    )
    await tasks.take_turn(session, user.user_id)
    await tasks.require_account(session, user.user_id)
    session.add(job)
    return job


async def preview(
    session: AsyncSession, user: Principal, body: bytes, format: Format | None, project: str | None
) -> ImportRead:
    """What would come of a file; nothing is stored. Raises `ImportUnreadable`."""
    now = datetime.now(UTC)
    _, source = await _read(user, body, format, project, now)
    adding = await Adding.of(session, user, source)
    await asyncio.to_thread(adding.check)
    return ImportRead.model_validate(
        {
            "id": new_id(),
            "status": "preview",
            "total": len(source.tasks),
            "done": 0,
            "added": len(adding.plan.new),
            "skipped": adding.plan.skipped,
            "report": source.report.lines,
            "more": source.report.more,
            "created_at": now,
            "finished_at": now,
        }
    )


async def read(session: AsyncSession, user: Principal, id: str) -> ImportJob:
    """How far an import is. Raises `NotFound`."""
    job = await repository.job(session, user.user_id, id)
    if job is None:
        raise NotFound
    return job


async def forget(session: AsyncSession) -> None:
    """Drop imports nobody asks about any more."""
    await repository.forget_jobs(session, datetime.now(UTC) - KEPT)


async def _read(
    user: Principal, body: bytes, format: Format | None, project: str | None, now: datetime
) -> tuple[bytes, Source]:
    calendar = Calendar.at(now, user.time_zone, user.week_start)
    try:
        plain = await asyncio.to_thread(formats.unpacked, body)
        return plain, await asyncio.to_thread(formats.read, plain, format, project, calendar)
    except Unreadable as error:
        raise ImportUnreadable(str(error)) from error
