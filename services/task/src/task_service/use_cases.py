"""The rules of tasks."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from servicekit.auth import Principal
from servicekit.errors import Invalid, NotFound
from servicekit.ids import new_id
from servicekit.outbox import record
from task_service import events, recurring, repository
from task_service.due import due_instant
from task_service.errors import NoSuchParent, NotAvailableYet
from task_service.models import Task
from task_service.schemas import TaskCreate, TaskPatch

NOT_YET = ("reminders", "project_id")
WHEN = frozenset({"due_date", "due_time", "time_zone"})


async def create(session: AsyncSession, user: Principal, draft: TaskCreate) -> Task:
    """Add a task. Raises `Invalid`."""
    values = draft.model_dump(by_alias=True)
    await _check(session, user, values, id=None)
    if values["recurrence"]:
        values["recurrence"] = recurring.merged(None, values["recurrence"])
    now = datetime.now(UTC)
    id = new_id()
    task = Task(
        **_own(values) | {"position": draft.position or id.replace("-", "")},
        id=id,
        user_id=user.user_id,
        created_at=now,
        updated_at=now,
    )
    recurring.settle(task, user, {"recurrence"}, now)
    _set_due_at(task, user)
    session.add(task)
    record(session, events.created(task))
    return task


async def read(session: AsyncSession, user: Principal, id: str) -> Task:
    """A task of this user. Raises `NotFound`, also for what is in the trash."""
    task = await repository.by_id(session, user.user_id, id)
    if task is None:
        raise NotFound
    return task


async def list_newest(
    session: AsyncSession, user: Principal, before: tuple[datetime, str] | None, limit: int
) -> Sequence[Task]:
    return await repository.newest(session, user.user_id, before, limit)


async def lock(session: AsyncSession, user: Principal, id: str, *, trashed: bool = False) -> Task:
    """A task of this user, for a change. Raises `NotFound`."""
    task = await repository.lock(session, user.user_id, id)
    if task is None or (task.deleted_at and not trashed):
        raise NotFound
    return task


async def update(session: AsyncSession, user: Principal, task: Task, patch: TaskPatch) -> Task:
    """Change what `patch` names; where nothing differs nothing happens. Raises `Invalid`."""
    asked = patch.model_dump(exclude_unset=True, by_alias=True)
    if asked.get("position", "") is None:
        del asked["position"]
    await _check(session, user, asked, id=task.id)
    if asked.get("recurrence") is not None:
        asked["recurrence"] = recurring.merged(task.recurrence, asked["recurrence"])
    changes = {name: value for name, value in _own(asked).items() if getattr(task, name) != value}
    if not changes:
        return task
    rule_before = (task.recurrence or {}).get("rule", "")
    task.sqlmodel_update(changes)
    recurring.settle(task, user, changes, datetime.now(UTC), rule_before=rule_before)
    if task.due_time and not task.due_date:
        raise Invalid.field("/due_time", "due_time needs a due_date", code="due-time-without-date")
    if (WHEN | {"recurrence"}) & changes.keys():
        _set_due_at(task, user)
    _touch(task)
    record(session, events.updated(task, sorted(changes)))
    return task


async def complete(session: AsyncSession, user: Principal, task: Task) -> Task:
    """Mark as done, and add the next occurrence; a task that is done stays as it is."""
    if not task.done:
        now = datetime.now(UTC)
        task.done, task.completed_at = True, now
        _touch(task)
        record(session, events.completed(task))
        await recurring.add_next(session, user, task, now)
    return task


async def reopen(session: AsyncSession, user: Principal, task: Task) -> Task:
    """Mark as not done, and take the next occurrence back; a task that is open stays as it is."""
    if task.done:
        task.done, task.completed_at = False, None
        _touch(task)
        record(session, events.reopened(task))
        await recurring.take_back(session, user, task, datetime.now(UTC))
    return task


async def delete(session: AsyncSession, task: Task) -> None:
    """Move to the trash."""
    task.deleted_at = datetime.now(UTC)
    _touch(task)
    record(session, events.deleted(task))


async def restore(session: AsyncSession, task: Task) -> Task:
    """Take out of the trash; a task that is not there stays as it is."""
    if task.deleted_at:
        task.deleted_at = None
        _touch(task)
        record(session, events.restored(task))
    return task


async def erase_user(session: AsyncSession, user_id: str) -> None:
    """Forget everything of a user whose account is gone."""
    await repository.erase_user(session, user_id)


async def _check(session: AsyncSession, user: Principal, asked: dict[str, Any], id: str | None) -> None:
    for name in NOT_YET:
        if asked.get(name):
            raise NotAvailableYet.field(f"/{name}", f"{name} can't be set yet.")
    parent = asked.get("parent_id")
    if parent and (parent == id or await repository.by_id(session, user.user_id, parent) is None):
        raise NoSuchParent.field("/parent_id", NoSuchParent.title)


def _own(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name in Task.model_fields}


def _set_due_at(task: Task, user: Principal) -> None:
    task.due_at = due_instant(task.due_date, task.due_time, task.time_zone or user.time_zone)


def _touch(task: Task) -> None:
    task.version += 1
    task.updated_at = datetime.now(UTC)
