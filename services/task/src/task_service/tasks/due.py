"""When a task is due: a date, or a time on the wall somewhere, as one instant."""

from datetime import UTC, date, datetime, time
from typing import Protocol
from zoneinfo import ZoneInfo

from servicekit.errors import Invalid

NEVER = datetime.max.replace(tzinfo=UTC)
"""Stands for no moment at all where moments are compared, so that it comes after every one."""


class Dated(Protocol):
    """What of a task says when it is due: of a row, and of one that is still to be stored."""

    due_date: date | None
    due_time: time | None
    time_zone: str | None
    due_at: datetime | None
    due_by: datetime


def due_instant(due_date: date | None, due_time: time | None, zone: str) -> datetime | None:
    """The instant of a wall-clock time in the IANA zone `zone`; a date alone has none.

    A time that the clocks skip is moved on by the gap (02:30 becomes 03:30); one that comes twice is
    the first of the two (PEP 495, fold=0). Raises `Invalid` at the ends of the calendar, where UTC has
    no such year.
    """
    if due_date is None or due_time is None:
        return None
    try:
        return datetime.combine(due_date, due_time, ZoneInfo(zone)).astimezone(UTC)
    except OverflowError as error:
        raise Invalid.field("/due_date", "This date is too far in the past or future for a time.") from error


def end_of_day(day: date, zone: str) -> datetime:
    """The last microsecond of a day in `zone`; at the ends of the calendar, of the day in UTC."""
    try:
        return datetime.combine(day, time.max.replace(fold=1), ZoneInfo(zone)).astimezone(UTC)
    except OverflowError:
        return datetime.combine(day, time.max, UTC)


def set_due(task: Dated, user_zone: str) -> None:
    """Compute when `task` is due and when it is overdue, for a user who lives in `user_zone`.

    A date alone is a date wherever the task says it is: it ends when the day of the user ends.
    """
    task.due_at = due_instant(task.due_date, task.due_time, task.time_zone or user_zone)
    task.due_by = task.due_at or (end_of_day(task.due_date, user_zone) if task.due_date else NEVER)
