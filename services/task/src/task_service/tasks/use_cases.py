"""The rules of tasks."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from servicekit.errors import NotFound
from servicekit.persistence.database import Database
from servicekit.persistence.prepared_queries import PreparedQuery, Row
from servicekit.security.auth import Principal
from task_service.fractional_index import last_of_all
from task_service.labels import use_cases as labels
from task_service.models import Activity, Task
from task_service.projects import use_cases as projects
from task_service.tasks import manual_order as placing
from task_service.tasks import recurrence_settings, repository, skipping, successors
from task_service.tasks import subtree as tree
from task_service.tasks.schemas import TaskCreate, TaskPatch


async def create(session: AsyncSession, user: Principal, draft: TaskCreate) -> Task:
    """Add a task. Raises `Invalid`."""
    await repository.lock_user(session, user.user_id)
    values = draft.model_dump(by_alias=True) | _reminders(draft)
    await _check(session, user, values, id=None)
    if values["recurrence"]:
        values["recurrence"] = recurrence_settings.merge_recurrence(None, values["recurrence"])
    values["position"] = values["position"] or last_of_all()
    now = datetime.now(UTC)
    task = Task.create(user.user_id, _own(values), user.time_zone, now)
    session.add(task)
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
    await repository.lock_user(session, user.user_id)
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
    task.update(changes, user.time_zone, datetime.now(UTC), rule_before=rule_before)
    if len(parents) > 1:
        await tree.count_below(session, user.user_id, parents, task.updated_at)
    return task


async def complete(session: AsyncSession, user: Principal, task: Task) -> Task:
    """Mark as done, and add the next occurrence; a task that is done stays as it is."""
    if not task.done:
        now, reopened_at = datetime.now(UTC), task.updated_at
        task.complete(now)
        await successors.add_next(session, user, task, now, reopened_at)
        await tree.count_below(session, user.user_id, [task.parent_id], now)
    return task


async def reopen(session: AsyncSession, user: Principal, task: Task) -> Task:
    """Mark as not done, and take the next occurrence back; a task that is open stays as it is."""
    if task.done:
        task.reopen(datetime.now(UTC))
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
    await repository.lock_user(session, user_id)
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
