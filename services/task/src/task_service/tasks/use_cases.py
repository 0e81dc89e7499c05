"""The rules of tasks."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from servicekit.errors import NotFound
from servicekit.persistence.database import Database
from servicekit.persistence.prepared_queries import PreparedQuery, Row
from servicekit.security.auth import Principal
from task_service.fractional_index import last_of_all
from task_service.labels import use_cases as labels
from task_service.models import Activity, Task
from task_service.projects import use_cases as projects
from task_service.quickadd import use_cases as quick_add
from task_service.quickadd.schemas import TaskDraft
from task_service.tasks import (
    manual_order,
    recurrence_settings,
    repository,
    skipping,
    subtree,
    successors,
)
from task_service.tasks.schemas import TaskCreate, TaskPatch
from task_service.unit_of_work.unit import UnitOfWork


async def create_from_draft(unit: UnitOfWork, draft: TaskDraft) -> Task:
    """Add a task from its fields or from one line in words. Raises `Invalid`."""
    with quick_add.attribute_problems(draft):
        return await create(unit, await quick_add.parse_draft(unit, draft))


async def create(unit: UnitOfWork, draft: TaskCreate) -> Task:
    """Add a task. Raises `Invalid`."""
    values = draft.model_dump(by_alias=True) | _dump_reminders(draft)
    await _check_references(unit, values, id=None)
    if values["recurrence"]:
        values["recurrence"] = recurrence_settings.merge_recurrence(None, values["recurrence"])
    values["position"] = values["position"] or last_of_all()
    now = datetime.now(UTC)
    task = Task.create(unit.user.user_id, _select_own(values), unit.user.time_zone, now)
    unit.add(task)
    await subtree.update_progress(unit, [task.parent_id], now)
    return task


async def read_task(unit: UnitOfWork, id: str, *, trashed: bool = False) -> Task:
    """A task of this user. Raises `NotFound`, also for what is in the trash unless `trashed`."""
    task = await unit.tasks.find_task(id, trashed=trashed)
    if task is None:
        raise NotFound
    return task


async def read_shown(database: Database, user: Principal, id: str) -> Row:
    """A task of this user as it is shown. Raises `NotFound`."""
    return await _read_prepared(repository.SHOWN, database, user, id)


async def read_version(database: Database, user: Principal, id: str) -> int:
    """The version of a task of this user. Raises `NotFound`."""
    found: int = (await _read_prepared(repository.VERSION, database, user, id))["version"]
    return found


async def _read_prepared(read: PreparedQuery, database: Database, user: Principal, id: str) -> Row:
    rows = await read.rows(database, {"id": id, "user_id": user.user_id})
    if not rows:
        raise NotFound
    return rows[0]


async def list_activity(unit: UnitOfWork, task: Task, before: str | None, limit: int) -> Sequence[Activity]:
    """What happened to a task, the latest first."""
    return await unit.tasks.list_activity(task.id, before, limit)


async def lock_task(unit: UnitOfWork, id: str, *, trashed: bool = False) -> Task:
    """A task of this user, for a change. Raises `NotFound`."""
    task = await unit.tasks.lock_task(id)
    if task is None or (task.deleted_at and not trashed):
        raise NotFound
    return task


async def update(unit: UnitOfWork, task: Task, patch: TaskPatch) -> Task:
    """Change what `patch` names; where nothing differs nothing happens. Raises `Invalid`."""
    requested = patch.model_dump(exclude_unset=True, by_alias=True)
    if "reminders" in requested:
        requested |= _dump_reminders(patch)
    if requested.get("position", "") is None:
        del requested["position"]
    await _check_references(unit, requested, id=task.id)
    if requested.get("recurrence") is not None:
        requested["recurrence"] = recurrence_settings.merge_recurrence(
            task.recurrence, requested["recurrence"]
        )
    changes = {name: value for name, value in _select_own(requested).items() if getattr(task, name) != value}
    if not changes:
        return task
    parents = {task.parent_id, changes.get("parent_id", task.parent_id)}
    rule_before = (task.recurrence or {}).get("rule", "")
    if "recurrence" in changes and not rule_before:
        rule_before = await skipping.find_ended_rule(unit, task)
    task.update(changes, unit.user.time_zone, datetime.now(UTC), rule_before=rule_before)
    if len(parents) > 1:
        await subtree.update_progress(unit, parents, task.updated_at)
    return task


async def complete(unit: UnitOfWork, task: Task) -> Task:
    """Mark as done, and add the next occurrence; a task that is done stays as it is."""
    if not task.done:
        now, reopened_at = datetime.now(UTC), task.updated_at
        task.complete(now)
        await successors.add_next(unit, task, now, reopened_at)
        await subtree.update_progress(unit, [task.parent_id], now)
    return task


async def reopen(unit: UnitOfWork, task: Task) -> Task:
    """Mark as not done, and take the next occurrence back; a task that is open stays as it is."""
    if task.done:
        task.reopen(datetime.now(UTC))
        await successors.retract_next(unit, task, task.updated_at)
        await subtree.update_progress(unit, [task.parent_id], task.updated_at)
    return task


async def delete(unit: UnitOfWork, task: Task) -> None:
    """Move to the trash, with everything below it."""
    await subtree.trash(unit, repository.is_task(task.id), datetime.now(UTC))


async def restore(unit: UnitOfWork, task: Task) -> Task:
    """Take out of the trash, with what went there with it; a task that is not there stays as it is.

    Raises `ComesBackByItself` for the next occurrence of a task that is open.
    """
    if task.deleted_at:
        await successors.check_is_due(unit, task)
        await subtree.untrash(unit, repository.is_task(task.id), datetime.now(UTC), task.deleted_at)
    return task


async def _check_references(unit: UnitOfWork, requested: dict[str, Any], id: str | None) -> None:
    if requested.get("parent_id"):
        await subtree.check_parent(unit, id, requested["parent_id"])
    if requested.get("project_id"):
        await projects.check_project(unit, requested["project_id"])
    if requested.get("labels"):
        settled = await labels.resolve_labels(unit, requested["labels"])
        requested["labels"] = list(dict.fromkeys(settled.values()))
    if requested.get("position"):
        requested["position"] = await manual_order.find_free_position(
            unit, requested["position"], id=id or ""
        )


def _dump_reminders(patch: TaskPatch) -> dict[str, Any]:
    """As they are stored: in JSON."""
    return patch.model_dump(mode="json", include={"reminders"})


def _select_own(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name in Task.model_fields}
