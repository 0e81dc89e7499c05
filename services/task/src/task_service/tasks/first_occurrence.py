"""Finds the first occurrence of a rule, for a recurring task without a due date or time."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from servicekit.errors import Invalid
from task_service.recurrence import Rule
from task_service.recurrence.days import HORIZON_YEARS
from task_service.recurrence.times import RuleTimes, make_rule_days
from task_service.recurrence.wall_clock import format_date, resolve_occurrence
from task_service.tasks.due import Dated, due_instant


def find_first_due(
    task: Dated, rule: Rule, clamps: bool, user_zone: str, now: datetime
) -> tuple[date, time | None]:
    """The date and time the task has, completed by the first of the rule that is still to come.

    clamps: whether the 31st is the last day in a shorter month.
    Raises `Invalid` where the rule has none, or doesn't say at which hour.
    """
    if rule.has_times and task.due_time is None:
        return _find_first_time(task, rule, clamps, user_zone, now)
    return task.due_date or _find_first_day(task, rule, clamps, user_zone, now), task.due_time


def make_never_error(after: date) -> Invalid:
    detail = f"This rule has no occurrence in the {HORIZON_YEARS} years after {format_date(after)}."
    return Invalid.field("/recurrence/rule", detail, code="rule-never")


def _find_first_time(
    task: Dated, rule: Rule, clamps: bool, user_zone: str, now: datetime
) -> tuple[date, time]:
    if not rule.by_hour:
        detail = "A rule of hours, minutes or seconds needs a due_time."
        raise Invalid.field("/due_time", detail, code="recurrence-without-time")
    wall = now.astimezone(ZoneInfo(task.time_zone or user_zone)).replace(tzinfo=None)
    start = datetime.combine(task.due_date or wall.date(), time(rule.by_hour[0]))
    after = datetime.combine(start, time.min) - timedelta(microseconds=1) if task.due_date else wall
    found = next(RuleTimes(rule, start.date(), start, clamps).after(after), None)
    if found is None:
        raise make_never_error(start.date())
    return task.due_date or found.day.date, found.clock


def _find_first_day(task: Dated, rule: Rule, clamps: bool, user_zone: str, now: datetime) -> date:
    """The first day of the rule that is still to come."""
    zone = task.time_zone or user_zone
    today = now.astimezone(ZoneInfo(zone)).date()
    due_at = due_instant(today, task.due_time, zone)
    start = today + timedelta(days=1) if due_at and due_at < now else today
    found = next(make_rule_days(rule, start, clamp=clamps).after(start - timedelta(days=1)), None)
    if found is None:
        raise make_never_error(start)
    return resolve_occurrence(found, task.due_time, zone).due_date
