"""Gives the next occurrence of a task the subtasks of the one before it.

The id of a copy is made from those of the copied subtask and of what the copy lies below. So a subtask is
copied once, and the copy of a parent is found without a list of what became of what.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from task_service.fanout import use_cases as fanout
from task_service.fanout.models import FanOut, Kind
from task_service.hierarchy.repository import DEEPEST
from task_service.models import Task
from task_service.tasks import subtree
from task_service.tasks.repository import lies_below
from task_service.unit_of_work.unit import UnitOfWork

COPIED_FIELDS = ("title", "notes", "priority", "labels", "project_id", "due_time", "time_zone", "position")


async def copy_subtasks(unit: UnitOfWork, task: Task, successor: Task, now: datetime) -> None:
    """Give `successor` the subtasks of `task`, open again and as much later as it is itself.

    A subtask that recurs goes its own way and is not copied, nor is what lies below it. Of many, the last
    ones follow after the request. Raises `TooManyChanges`.
    """
    assert task.due_date
    assert successor.due_date
    details = {
        "from": task.id,
        "to": successor.id,
        "days": (successor.due_date - task.due_date).days,
        "zone": unit.user.time_zone,
    }
    ids = await unit.hierarchy.list_subtree(Task, lies_below(task.id), None)
    first = await fanout.defer_tasks(unit, Kind.COPY, ids, details)
    await _copy_tasks(unit, await unit.tasks.find_tasks(first), details, now)


async def copy_remaining(unit: UnitOfWork, job: FanOut, tasks: Sequence[Task]) -> None:
    """Copy these, too. If the successor was taken back meanwhile, they come back with it as well."""
    await _copy_tasks(unit, tasks, job.details, datetime.now(UTC))


def create_or_restore(
    unit: UnitOfWork, found: Task | None, id: str, values: dict[str, Any], zone: str, now: datetime
) -> Task:
    """A new open task, or the one in the trash that had this id before it was taken back.

    zone: the IANA zone its user lives in.
    """
    if found is None:
        task = Task.create_derived(unit.user.user_id, id, values, zone, now)
        unit.add(task)
        return task
    found.restore_with(values, zone, now)
    return found


def select_relative_reminders(task: Task) -> list[dict[str, Any]]:
    """The reminders another occurrence has, too: an instant was meant for this one only."""
    return [each for each in task.reminders if "minutes_before" in each]


async def _copy_tasks(
    unit: UnitOfWork, tasks: Sequence[Task], details: dict[str, Any], now: datetime
) -> None:
    copies: dict[str, Task | None] = {}
    for task in tasks:
        if task.deleted_at or task.recurrence is not None or task.parent_id is None:
            copies[task.id] = None
            continue
        if task.parent_id not in copies:
            copies[task.parent_id] = await _find_copy(unit, task.parent_id, details)
        parent = copies[task.parent_id]
        copies[task.id] = await _copy_task(unit, task, parent, details, now) if parent else None
    await subtree.update_progress(unit, [each.parent_id for each in copies.values() if each], now)


async def _find_copy(unit: UnitOfWork, id: str, details: dict[str, Any]) -> Task | None:
    """The copy of a task that lies below the copied one, or its successor; None where there is none."""
    above = await unit.hierarchy.list_ancestors(Task, id, DEEPEST)
    if details["from"] not in above:
        return None
    copy_id: str = details["to"]
    for each in reversed(above[: above.index(details["from"])]):
        copy_id = _derive_copy_id(copy_id, each)
    found = await unit.tasks.lock_task(copy_id)
    return found if found and (found.deleted_at is None or found.taken_back) else None


async def _copy_task(
    unit: UnitOfWork, subtask: Task, parent: Task, details: dict[str, Any], now: datetime
) -> Task:
    id = _derive_copy_id(parent.id, subtask.id)
    later = timedelta(days=details["days"])
    values = {name: getattr(subtask, name) for name in COPIED_FIELDS} | {
        "reminders": select_relative_reminders(subtask),
        "parent_id": parent.id,
        "due_date": subtask.due_date + later if subtask.due_date else None,
    }
    found = await unit.tasks.lock_task(id)
    if found and not found.deleted_at:
        return found  # somebody put it elsewhere
    copy = create_or_restore(unit, found, id, values, details["zone"], now)
    if parent.deleted_at:
        await unit.flush()
        await subtree.trash_along(unit, copy, parent.deleted_at, now)
    return copy


def _derive_copy_id(parent_id: str, id: str) -> str:
    return str(uuid5(UUID(parent_id), id))
