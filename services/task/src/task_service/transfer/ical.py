"""A task as a VTODO of RFC 5545.

A date alone is a date; a floating time is a local time without a zone; a time in a zone has its TZID.
A task that recurs has its RRULE counted from its due date, which is DTSTART, too. What iCalendar can't
say has names of our own: X-TODO-RECUR-FROM.
"""

import re
from collections.abc import Collection
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from icalendar import Calendar, Timezone, Todo, vRecur

from task_service.models import Task
from task_service.recurrence import Rule, parse
from task_service.recurrence.rule import Frequency

END = b"END:VCALENDAR\r\n"
PRODUCT = "-//todo//tasks//EN"
PRIORITIES = {0: 0, 1: 7, 2: 5, 3: 3, 4: 1}
"""Theirs: 1 is the highest, 9 the lowest, 0 none."""
SHORTEST_MONTH = 28


def head(zones: Collection[str]) -> bytes:
    """The beginning of a calendar, with the zones its tasks are in."""
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", "Tasks")
    for zone in sorted(zones):
        calendar.add_component(Timezone.from_tzinfo(ZoneInfo(zone), zone))
    return bytes(calendar.to_ical()).removesuffix(END)


def todo(task: Task) -> bytes:
    """One VTODO."""
    made = Todo()
    made.add("uid", task.id)
    made.add("dtstamp", task.updated_at.astimezone(UTC))
    made.add("created", task.created_at.astimezone(UTC))
    made.add("last-modified", task.updated_at.astimezone(UTC))
    made.add("sequence", task.version - 1)
    made.add("summary", task.title)
    if task.notes:
        made.add("description", task.notes)
    if task.labels:
        made.add("categories", task.labels)
    if task.priority:
        made.add("priority", PRIORITIES[task.priority])
    if task.parent_id:
        made.add("related-to", task.parent_id)
    _add_state(made, task)
    _add_due(made, task)
    return bytes(made.to_ical())


def _add_state(made: Todo, task: Task) -> None:
    made.add("status", "COMPLETED" if task.done else "NEEDS-ACTION")
    if task.done and task.completed_at:
        made.add("completed", task.completed_at.astimezone(UTC))
        made.add("percent-complete", 100)


def _add_due(made: Todo, task: Task) -> None:
    if task.due_date is None:
        return
    due = _when(task, task.due_date)
    if task.recurrence:
        made.add("dtstart", due)
        made.add("rrule", vRecur.from_ical(_rule(task, task.recurrence)))
        if task.recurrence["from"] == "completion":
            made.add("x-todo-recur-from", "COMPLETION")
    made.add("due", due)


def _when(task: Task, day: date) -> date | datetime:
    if task.due_time is None:
        return day
    zone = ZoneInfo(task.time_zone) if task.time_zone else None
    return datetime.combine(day, task.due_time, zone)


def _rule(task: Task, recurrence: dict[str, Any]) -> str:
    """The rule as others read it from this occurrence on.

    COUNT is what is left of it. A day that is clamped to the end of a shorter month is said as the last of
    the days from the 28th up to it, which RFC 5545 can say.
    """
    rule, text = parse(recurrence["rule"]), str(recurrence["rule"])
    if rule.count:
        text = re.sub(r"COUNT=\d+", f"COUNT={max(rule.count - task.rule_number + 1, 1)}", text)
    day = _clamped_day(rule, task)
    if recurrence["month_end"] != "clamp" or day is None:
        return text
    month = f";BYMONTH={task.rule_from.month}" if _needs_month(rule, task) and task.rule_from else ""
    text = re.sub(r";BYMONTHDAY=\d+", "", text)
    days = ",".join(str(each) for each in range(SHORTEST_MONTH, day + 1))
    return f"{text}{month};BYMONTHDAY={days};BYSETPOS=-1"


def _clamped_day(rule: Rule, task: Task) -> int | None:
    """The one day of the month that a month can be too short for."""
    if rule.frequency not in (Frequency.MONTHLY, Frequency.YEARLY) or rule.by_day or rule.by_set_pos:
        return None
    if len(rule.by_month) > 1 or len(rule.by_month_day) > 1:
        return None
    anchor = task.rule_from or task.due_date
    day = rule.by_month_day[0] if rule.by_month_day else anchor.day if anchor else 0
    if rule.frequency is Frequency.YEARLY and not _needs_month(rule, task) and not rule.by_month:
        return None
    return day if day > SHORTEST_MONTH else None


def _needs_month(rule: Rule, task: Task) -> bool:
    """Whether a yearly rule leaves its month to the day it is counted from."""
    plain = not rule.by_month and not rule.by_month_day
    return rule.frequency is Frequency.YEARLY and plain and task.rule_from is not None
