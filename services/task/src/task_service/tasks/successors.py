"""Creates the next occurrence when a recurring task is completed; retracts it when that is reopened."""

from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from zoneinfo import ZoneInfo

from servicekit.security.auth import Principal
from task_service.errors import ComesBackByItself
from task_service.models import Task
from task_service.recurrence import Series
from task_service.recurrence.description import describe_rule
from task_service.tasks import subtree
from task_service.tasks.recurrence_settings import build_series, derive_occurrence_id
from task_service.tasks.repository import is_task
from task_service.tasks.schemas import OccurrenceRead
from task_service.tasks.subtask_copying import copy_subtasks, create_or_restore, select_relative_reminders
from task_service.unit_of_work.unit import UnitOfWork

INHERITED_FIELDS = (
    *("title", "notes", "priority", "labels", "project_id", "parent_id", "due_time", "time_zone"),
    *("recurrence", "series_id", "position"),
)
"""What an occurrence has from the one before it."""


async def add_next(unit: UnitOfWork, task: Task, now: datetime, reopened_at: datetime) -> None:
    """Add what follows the completed `task`; its id is that of this occurrence, so it is added once.

    reopened_at: when `task` was last changed. If that took back what follows, and on the same day, this
    undoes it: what follows comes back as it was. What somebody deleted stays deleted.
    """
    user = unit.user
    series = build_series(task, user.time_zone)
    following = series.after_completion(now) if series else None
    if following is None:
        return
    id = derive_next_id(task)
    found = await unit.tasks.lock_task(id)
    if found and not found.taken_back and found.deleted_at != reopened_at:
        return
    if found and found.deleted_at == reopened_at and _is_same_day(task, user, now, reopened_at):
        await subtree.untrash(unit, is_task(found.id), now, reopened_at)
        return
    values = {name: getattr(task, name) for name in INHERITED_FIELDS} | {
        "reminders": select_relative_reminders(task),
        "due_date": following.occurrence.due_date,
        "due_time": following.occurrence.due_time,
        "occurrence": task.occurrence + 1,
        "rule_from": following.anchor,
        "rule_number": following.number,
    }
    successor = create_or_restore(unit, found, id, values, user.time_zone, now)
    await copy_subtasks(unit, task, successor, now)


async def retract_next(unit: UnitOfWork, task: Task, now: datetime) -> None:
    """Move what followed `task` away, subtasks included, unless it is done itself.

    It is in the trash, but the trash does not show it: it comes back with the completion of `task`, and
    restored before that it would be a second series. What somebody put below it is shown.
    """
    if task.series_id is None:
        return
    following = await unit.tasks.lock_task(derive_next_id(task))
    if following is None or following.deleted_at or following.done:
        return
    await subtree.trash(unit, is_task(following.id), now, is_taken_back=True)


async def check_is_due(unit: UnitOfWork, task: Task) -> None:
    """Raise `ComesBackByItself` while the occurrence before `task`, in the trash, is open again."""
    if task.done or task.series_id is None or task.occurrence == 1:
        return
    number = task.occurrence - 1
    id = derive_occurrence_id(task.series_id, number) if number > 1 else task.series_id
    before = await unit.tasks.find_task(id, trashed=True)
    assert task.deleted_at
    if before and not before.done and before.updated_at >= task.deleted_at:
        detail = f"“{task.title}” comes back when the previous occurrence, which was reopened, is completed."
        raise ComesBackByItself(detail)


def preview_occurrences(task: Task, user: Principal, count: int) -> list[OccurrenceRead]:
    """The next `count` occurrences after the due date, each with why it is that one."""
    series = build_series(task, user.time_zone)
    return list(islice(_explain_occurrences(series), count)) if series else []


def _is_same_day(task: Task, user: Principal, one: datetime, other: datetime) -> bool:
    zone = ZoneInfo(task.time_zone or user.time_zone)
    return one.astimezone(zone).date() == other.astimezone(zone).date()


def derive_next_id(task: Task) -> str:
    """The id of the occurrence after `task`."""
    assert task.series_id
    return derive_occurrence_id(task.series_id, task.occurrence + 1)


def _explain_occurrences(series: Series) -> Iterator[OccurrenceRead]:
    description = describe_rule(series.rule, series.anchor)
    description += " after completion" if series.from_ == "completion" else ""
    for found in series.occurrences():
        why = "; ".join([description, *found.why])
        yield OccurrenceRead(due_date=found.due_date, due_time=found.due_time, due_at=found.due_at, why=why)
