"""Leaving out one occurrence: the task moves to the next one of its series, and can be moved back.

Only the date and the place among COUNT change; the day the rule is counted from stays, so that the 31st
comes back after a shorter month. Also: a rule that was taken away and is set again goes on as before.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time
from itertools import islice
from zoneinfo import ZoneInfo

from servicekit.errors import Invalid
from servicekit.security.auth import Principal
from task_service.errors import NothingFollows
from task_service.models import Activity, Task
from task_service.recurrence import Series
from task_service.tasks.recurrence_settings import build_series
from task_service.unit_of_work.unit import UnitOfWork

MAX_STEPS = 1000
"""How many occurrences a task can be moved back at once."""
MAX_ACTIVITY = 50
"""Of the latest changes of a task, for the one that ended its rule."""
_NOON = time(12)


def skip_occurrence(user: Principal, task: Task) -> Task:
    """Move an open task to its next occurrence. Raises `NothingFollows`."""
    series = None if task.done else build_series(task, user.time_zone)
    following = series.after_completion(_completion_time(series)) if series else None
    if following is None:
        raise NothingFollows("This task has no next occurrence to move to.")
    day, clock = following.occurrence.due_date, following.occurrence.due_time
    task.skip_to(day, clock, following.anchor, following.number, user.time_zone, datetime.now(UTC))
    return task


def unskip_occurrence(user: Principal, task: Task, day: date, clock: time | None = None) -> Task:
    """Move a task back to the occurrence on `day`, at `clock` if the rule has several times a day.

    Raises `NothingFollows`, or `Invalid` where there is none.
    """
    series = None if task.done else build_series(task, user.time_zone)
    if series is None:
        raise NothingFollows("This task is completed or does not recur.")
    clock = clock if clock and series.rule.has_times else series.due_time
    number = max(1, task.rule_number - _count_steps(series, day, clock))
    rule_from = day if series.from_ == "completion" else task.rule_from
    task.skip_to(day, clock, rule_from, number, user.time_zone, datetime.now(UTC))
    return task


async def find_ended_rule(unit: UnitOfWork, task: Task) -> str:
    """The rule a task had until it was taken away; empty if its date has changed since."""
    if task.recurrence or task.rule_from is None:
        return ""
    return _find_previous_rule(await unit.tasks.list_activity(task.id, None, MAX_ACTIVITY))


def _find_previous_rule(changes: Sequence[Activity]) -> str:
    for change in changes:
        if "recurrence" in change.after:
            return str((change.before.get("recurrence") or {}).get("rule", ""))
        if "due_date" in change.after:
            return ""
    return ""


def _completion_time(series: Series) -> datetime:
    """Now; for what is still to come, when it is due: the next one is after that."""
    clock = series.due_time or _NOON
    return max(datetime.now(UTC), datetime.combine(series.due_date, clock, ZoneInfo(series.zone)))


def _count_steps(series: Series, day: date, clock: time | None) -> int:
    """How many occurrences lie between `day` at `clock` and the one at hand."""
    target, here = ((day, clock or time()), (series.due_date, series.due_time or time()))
    if series.from_ == "completion" and target < here:
        return 1
    if series.anchor <= day and target < here:
        later = replace(series, due_date=day, due_time=clock, number=0).occurrences()
        for steps, found in enumerate(islice(later, MAX_STEPS), 1):
            if (found.due_date, found.due_time or time()) == here:
                return steps
    raise Invalid.field("/due_date", "This is not a skipped occurrence of this series.")
