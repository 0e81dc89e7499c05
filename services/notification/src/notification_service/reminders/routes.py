"""HTTP in: reminders; and the scheduler's call when one is due."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Response, Security

from notification_service.container import ContainerDep
from notification_service.reminders import use_cases
from notification_service.reminders.repository import ReminderRepository
from notification_service.reminders.schemas import ReminderCreate, ReminderRead, Snooze, State
from servicekit.security.auth import CurrentUser, access_token
from servicekit.web.ids import PathId
from servicekit.web.pagination import (
    CursorParam,
    Limit,
    Page,
    decode_cursor,
    encode_cursor,
    paginate,
    parse_time_and_id,
)
from servicekit.web.routes import SessionDep, create_router

EARLY_SECONDS = 5.0
"""How much the scheduler's clock may be ahead of this one."""

reminders = create_router(prefix="/reminders", tags=["reminders"])
job_callbacks = APIRouter(include_in_schema=False)


@reminders.get("", dependencies=[Security(access_token, scopes=["notifications:read"])])
async def list_reminders(
    user: CurrentUser,
    session: SessionDep,
    task_id: Annotated[str | None, Query(max_length=100, description="only those of this task")] = None,
    state: Annotated[State | None, Query(description="only those in this state")] = None,
    limit: Limit = 50,
    cursor: CursorParam = None,
) -> Page[ReminderRead]:
    """List reminders.

    Newest first, each with its receipts: what became of it on each channel.
    """
    scope = f"reminders {user.user_id} {task_id} {state}"
    before = parse_time_and_id(decode_cursor(cursor, scope=scope, values=2)) if cursor else None
    found = await ReminderRepository(session, user.user_id).list_reminders(task_id, state, before, limit + 1)
    rows, last = paginate(found, limit)
    return Page(
        items=await use_cases.add_receipts(session, user.user_id, rows),
        next_cursor=encode_cursor([last.created_at, last.id], scope=scope) if last else None,
    )


@reminders.post("", status_code=201, dependencies=[Security(access_token, scopes=["notifications:write"])])
async def create_reminder(
    user: CurrentUser, body: ReminderCreate, session: SessionDep, container: ContainerDep, response: Response
) -> ReminderRead:
    """Create a reminder.

    One of your own, beside those a task has in its field `reminders`.
    """
    made = await use_cases.create_reminder(session, container.settings, user.user_id, body)
    response.headers["Location"] = f"/api/v1/reminders/{made.id}"
    return made


@reminders.get("/{id}", dependencies=[Security(access_token, scopes=["notifications:read"])])
async def read_reminder(user: CurrentUser, id: PathId, session: SessionDep) -> ReminderRead:
    """Read a reminder.

    Has its receipts: what became of it on each channel.
    """
    return await use_cases.read_reminder(session, user.user_id, id)


@reminders.delete(
    "/{id}", status_code=204, dependencies=[Security(access_token, scopes=["notifications:write"])]
)
async def cancel_reminder(user: CurrentUser, id: PathId, session: SessionDep) -> None:
    """Cancel a reminder.

    Ends one that was made here; those of a task are taken away at the task.
    """
    await use_cases.cancel_reminder(session, user.user_id, id)


@reminders.post(
    "/{id}/snooze", status_code=201, dependencies=[Security(access_token, scopes=["notifications:write"])]
)
async def snooze_reminder(
    user: CurrentUser, id: PathId, body: Snooze, session: SessionDep, container: ContainerDep
) -> ReminderRead:
    """Snooze a reminder.

    Reminds of the same again in so many minutes; asked for twice, it is moved.
    """
    return await use_cases.snooze_reminder(session, container.settings, user.user_id, id, body)


@job_callbacks.post("/job/{name}")
async def run_due_job(container: ContainerDep, name: str) -> dict[str, str]:
    """The scheduler calls: fire what is due. Answers when that is committed."""
    dispatcher = container.dispatcher
    await asyncio.sleep(_too_early(name))
    await dispatcher.fire_due_reminders()
    return {"status": "SUCCESS"}


def _too_early(name: str) -> float:
    instant = name.rpartition("-")[2]
    if not instant.isdigit():
        return 0
    return min(EARLY_SECONDS, max(0.0, float(instant) - datetime.now(UTC).timestamp()))
