"""The rules of tasks."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from servicekit.errors import Invalid, NotFound
from servicekit.persistence.database import Database
from servicekit.persistence.prepared_queries import PreparedQuery, Row
from servicekit.security.auth import Principal
from servicekit.web.ids import new_id
from task_service import due, events, placing, recurrence_settings, repository, skipping, successors, tree
from task_service.history import tell
from task_service.models import Activity, Task
from task_service.ordering import last_of_all
from task_service.schemas import TaskCreate, TaskPatch
from task_service.structure import labels, projects

WHEN = frozenset({"due_date", "due_time", "time_zone"})


async def create(session: AsyncSession, user: Principal, draft: TaskCreate) -> Task:
    """Add a task. Raises `Invalid`."""
    await repository.take_turn(session, user.user_id)
    values = draft.model_dump(by_alias=True) | _reminders(draft)
    await _check(session, user, values, id=None)
    if values["recurrence"]:
        values["recurrence"] = recurrence_settings.merge_recurrence(None, values["recurrence"])
    now = datetime.now(UTC)
    id = new_id()
    task = Task(
        **_own(values) | {"position": values["position"] or last_of_all()},
        id=id,
        user_id=user.user_id,
        created_at=now,
        updated_at=now,
    )
    recurrence_settings.apply_recurrence(task, user.time_zone, {"recurrence"}, now)
    due.set_due(task, user.time_zone)
    session.add(task)
    tell(session, task, events.created(task))
    await tree.count_below(session, user.user_id, [task.parent_id], now)
    return task


async def read(session: AsyncSession, user: Principal, id: str, *, trashed: bool = False) -> Task:
    """A task of this user. Raises `NotFound`, also for what is in the trash unless `trashed`."""
    task = await repository.by_id(session, user.user_id, id, trashed=trashed)
    if task is None:
        raise NotFound
    return task


async def shown(database: Database, user: Principal, id: str) -> Row:
    """A task of this user as it is shown. Raises `NotFound`."""
    return await _found(repository.SHOWN, database, user, id)


async def version(database: Database, user: Principal, id: str) -> int:
    """The version of a task of this user. Raises `NotFound`."""
    found: int = (await _found(repository.VERSION, database, user, id))["version"]
    return found


async def _found(read: PreparedQuery, database: Database, user: Principal, id: str) -> Row:
    rows = await read.rows(database, {"id": id, "user_id": user.user_id})
    if not rows:
        raise NotFound
    return rows[0]


async def activity(
    session: AsyncSession, user: Principal, task: Task, before: str | None, limit: int
) -> Sequence[Activity]:
    """What happened to a task, the latest first."""
    return await repository.activity(session, user.user_id, task.id, before, limit)


async def lock(session: AsyncSession, user: Principal, id: str, *, trashed: bool = False) -> Task:
    """A task of this user, for a change. Raises `NotFound`."""
    await repository.take_turn(session, user.user_id)
    task = await repository.lock(session, user.user_id, id)
    if task is None or (task.deleted_at and not trashed):
        raise NotFound
    return task


async def update(session: AsyncSession, user: Principal, task: Task, patch: TaskPatch) -> Task:
    """Change what `patch` names; where nothing differs nothing happens. Raises `Invalid`."""
    asked = patch.model_dump(exclude_unset=True, by_alias=True)
    if "reminders" in asked:
        asked |= _reminders(patch)
    if asked.get("position", "") is None:
        del asked["position"]
    await _check(session, user, asked, id=task.id)
    if asked.get("recurrence") is not None:
        asked["recurrence"] = recurrence_settings.merge_recurrence(task.recurrence, asked["recurrence"])
    changes = {name: value for name, value in _own(asked).items() if getattr(task, name) != value}
    if not changes:
        return task
    parents = {task.parent_id, changes.get("parent_id", task.parent_id)}
    rule_before = (task.recurrence or {}).get("rule", "")
    if "recurrence" in changes and not rule_before:
        rule_before = await skipping.find_ended_rule(session, user, task)
    task.sqlmodel_update(changes)
    recurrence_settings.apply_recurrence(
        task, user.time_zone, changes, datetime.now(UTC), rule_before=rule_before
    )
    if task.due_time and not task.due_date:
        raise Invalid.field("/due_time", "due_time needs a due_date", code="due-time-without-date")
    if (WHEN | {"recurrence"}) & changes.keys():
        due.set_due(task, user.time_zone)
    _touch(task)
    tell(session, task, events.updated(task, sorted(changes)))
    if len(parents) > 1:
        await tree.count_below(session, user.user_id, parents, task.updated_at)
    return task


async def complete(session: AsyncSession, user: Principal, task: Task) -> Task:
    """Mark as done, and add the next occurrence; a task that is done stays as it is."""
    if not task.done:
        now, reopened_at = datetime.now(UTC), task.updated_at
        task.done, task.completed_at = True, now
        _touch(task)
        tell(session, task, events.completed(task))
        await successors.add_next(session, user, task, now, reopened_at)
        await tree.count_below(session, user.user_id, [task.parent_id], now)
    return task


async def reopen(session: AsyncSession, user: Principal, task: Task) -> Task:
    """Mark as not done, and take the next occurrence back; a task that is open stays as it is."""
    if task.done:
        task.done, task.completed_at = False, None
        _touch(task)
        tell(session, task, events.reopened(task))
        await successors.retract_next(session, user, task, task.updated_at)
        await tree.count_below(session, user.user_id, [task.parent_id], task.updated_at)
    return task


async def delete(session: AsyncSession, user: Principal, task: Task) -> None:
    """Move to the trash, with everything below it."""
    await tree.trash(session, user, repository.is_task(task.id), datetime.now(UTC))


async def restore(session: AsyncSession, user: Principal, task: Task) -> Task:
    """Take out of the trash, with what went there with it; a task that is not there stays as it is.

    Raises `ComesBackByItself` for the next occurrence of a task that is open.
    """
    if task.deleted_at:
        await successors.check_is_due(session, user, task)
        await tree.untrash(session, user, repository.is_task(task.id), datetime.now(UTC), task.deleted_at)
    return task


async def erase_user(session: AsyncSession, user_id: str) -> None:
    """Forget everything of a user whose account is gone, for good."""
    await repository.take_turn(session, user_id)
    await repository.erase_user(session, user_id, datetime.now(UTC))


async def _check(session: AsyncSession, user: Principal, asked: dict[str, Any], id: str | None) -> None:
    if asked.get("parent_id"):
        await tree.check_parent(session, user, id, asked["parent_id"])
    if asked.get("project_id"):
        await projects.check_is_there(session, user, asked["project_id"])
    if asked.get("labels"):
        settled = await labels.settle(session, user, asked["labels"])
        asked["labels"] = list(dict.fromkeys(settled.values()))
    if asked.get("position"):
        asked["position"] = await placing.free(session, user, asked["position"], id=id or "")


def _reminders(patch: TaskPatch) -> dict[str, Any]:
    """As they are stored: in JSON."""
    return patch.model_dump(mode="json", include={"reminders"})


def _own(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name in Task.model_fields}


def _touch(task: Task) -> None:
    task.version += 1
    task.updated_at = datetime.now(UTC)
