"""Tasks as VEVENT and VTODO of RFC 5545.

A date alone is a date; a floating time is a local time without a zone; a time in a zone has its TZID.
What iCalendar can't say has names of our own: X-TODO-RECUR-FROM.
"""

import re
from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from icalendar import Alarm, Calendar, Event, Timezone, Todo, vRecur, vText

from task_service.import_export import ical_recurrence, ical_timezones
from task_service.import_export.ical_reader import PRODUCT
from task_service.models import Task

END = b"END:VCALENDAR\r\n"
PRIORITIES = {0: 0, 1: 7, 2: 5, 3: 3, 4: 1}
"""Theirs: 1 is the highest, 9 the lowest, 0 none."""
DAY_STARTS_AT = timedelta(hours=9)
"""When a date alone counts as due for a reminder, as long as its user says nothing else."""
REFRESH = timedelta(minutes=15)


def write_header(zones: Collection[str], name: str = "Tasks") -> bytes:
    """The beginning of a calendar of that name, with the zones its tasks are in."""
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("name", _make_text(name))
    calendar.add("x-wr-calname", _make_text(name))
    calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT15M")
    written = bytes(calendar.to_ical()).removesuffix(END)
    return written + b"".join(_write_timezone(zone) for zone in sorted(zones))


def write_event(task: Task, zone: str, project: str | None = None) -> bytes:
    """One VEVENT of a dated task; it takes no time on the calendar of its user, who lives in `zone`."""
    assert task.due_date
    made = Event()
    _add_properties(made, task, project)
    made.add("status", "CANCELLED" if task.done else "CONFIRMED")
    made.add("transp", "TRANSPARENT")
    made.add("dtstart", _start_value(task, task.due_date))
    _add_recurrence(made, task, zone)
    _add_alarms(made, task, {})
    return bytes(made.to_ical())


def write_todo(task: Task, zone: str = "UTC", project: str | None = None) -> bytes:
    """One VTODO of a task whose user lives in `zone`."""
    made = Todo()
    _add_properties(made, task, project)
    if task.parent_id:
        made.add("related-to", task.parent_id)
    _add_state(made, task)
    if task.due_date:
        due = _start_value(task, task.due_date)
        if task.recurrence:
            made.add("dtstart", due)
            _add_recurrence(made, task, zone)
        made.add("due", due)
        _add_alarms(made, task, {"RELATED": "END"})
    return bytes(made.to_ical())


def _add_properties(made: Event | Todo, task: Task, project: str | None) -> None:
    made.add("uid", task.id)
    made.add("dtstamp", task.updated_at.astimezone(UTC))
    made.add("created", task.created_at.astimezone(UTC))
    made.add("last-modified", task.updated_at.astimezone(UTC))
    made.add("sequence", task.version - 1)
    made.add("summary", _strip_controls(task.title))
    if task.notes:
        made.add("description", _strip_controls(task.notes))
    if task.labels:
        made.add("categories", [_strip_controls(label) for label in task.labels])
    if task.priority:
        made.add("priority", PRIORITIES[task.priority])
    if project:
        made.add("x-todo-project", _make_text(project))


_LINE_BREAK = re.compile("\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]")
"""Where programs that read by lines of Unicode, Python's own among them, would cut a content line."""


def _make_text(value: str) -> vText:
    """A value that is escaped, in a property that the library doesn't know to be text as well."""
    return vText(_strip_controls(value))


def _strip_controls(text: str) -> str:
    """Without the control characters that RFC 5545 has no place for; a line break stays one."""
    lines = _LINE_BREAK.sub("\n", text)
    return "".join(sign for sign in lines if sign in "\n\t" or sign.isprintable() or ord(sign) > 0x9F)


def _add_state(made: Todo, task: Task) -> None:
    made.add("status", "COMPLETED" if task.done else "NEEDS-ACTION")
    if task.done and task.completed_at:
        made.add("completed", task.completed_at.astimezone(UTC))
        made.add("percent-complete", 100)


def _start_value(task: Task, day: date) -> date | datetime:
    if task.due_time is None:
        return day
    zone = ZoneInfo(task.time_zone) if task.time_zone else None
    clock = day.time() if isinstance(day, datetime) else task.due_time
    return datetime.combine(day, clock, zone)


def _add_recurrence(made: Event | Todo, task: Task, zone: str) -> None:
    if not task.recurrence:
        return
    exported = ical_recurrence.export_recurrence(task, zone)
    if isinstance(exported, str):
        made.add("rrule", vRecur.from_ical(exported))
    elif exported:
        kind = {} if task.due_time else {"VALUE": "DATE"}
        made.add("rdate", [_start_value(task, day) for day in exported], parameters=kind)
    if task.recurrence["from"] == "completion":
        made.add("x-todo-recur-from", "COMPLETION")


def _add_alarms(made: Event | Todo, task: Task, related: dict[str, str]) -> None:
    for reminder in task.reminders:
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", _strip_controls(task.title) or "Reminder")
        _add_trigger(alarm, task, reminder, related)
        made.add_component(alarm)


def _add_trigger(alarm: Alarm, task: Task, reminder: dict[str, Any], related: dict[str, str]) -> None:
    if reminder.get("at"):
        instant = datetime.fromisoformat(reminder["at"]).astimezone(UTC)
        alarm.add("trigger", instant, parameters={"VALUE": "DATE-TIME"})
        return
    before = -timedelta(minutes=reminder["minutes_before"])
    alarm.add("trigger", before if task.due_time else before + DAY_STARTS_AT, parameters=related)


@lru_cache(maxsize=600)
def _write_timezone(name: str) -> bytes:
    zone = ZoneInfo(name)
    component = Timezone()
    component.add("tzid", name)
    if ical_timezones.is_regular(zone):
        component = Timezone.from_tzinfo(zone, name, last_date=date(ical_timezones.LAST_YEAR, 1, 1))
        component.pop("comment", None)
    for observance in ical_timezones.make_observances(zone):
        component.add_component(observance)
    return bytes(component.to_ical())


def write_tasks(tasks: Sequence[Task], components: str, zone: str, projects: dict[str, str]) -> bytes:
    """Tasks as `components` says: `event` those that are open and have a date, `todo` all of them as VTODO,
    `both` each as the one it can be."""
    found = []
    for task in tasks:
        project = projects.get(task.project_id or "")
        as_event = components != "todo" and task.due_date is not None and not task.done
        if as_event:
            found.append(write_event(task, zone, project))
        elif components != "event":
            found.append(write_todo(task, zone, project))
    return b"".join(found)
