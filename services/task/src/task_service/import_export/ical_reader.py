"""iCalendar (RFC 5545): VTODO as Apple Reminders, others and we write it; VEVENT as a task."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from icalendar import Calendar as Document
from icalendar import Component

from contracts.zones import ZONES
from task_service.import_export.limits import MAX_TASKS
from task_service.import_export.parsed_file import (
    FileTooLarge,
    ImportedProject,
    ImportedTask,
    ParsedFile,
    UnreadableFile,
    fit_title_and_notes,
    parse_integer,
)
from task_service.quickadd import Calendar

PRODUCT = "-//todo//tasks//EN"
"""Who wrote a calendar that is ours."""
_PRIORITIES = {0: 0, 1: 4, 2: 4, 3: 3, 4: 3, 5: 2, 6: 1, 7: 1, 8: 1, 9: 1}
"""RFC 5545, 3.8.1.9: 1 is the highest, 9 the lowest, 0 none."""
_ENTRY = re.compile(r"^BEGIN:(?:VTODO|VEVENT)\s*$", re.I | re.M)
_UNSUPPORTED = {
    "ATTACH": "attachments",
    "ATTENDEE": "who takes part",
    "LOCATION": "the place",
    "GEO": "the place",
    "EXDATE": "the days it leaves out",
    "RDATE": "days beside its rule",
    "PERCENT-COMPLETE": "the progress in percent",
    "ORGANIZER": "who organises it",
    "COMMENT": "comments",
    "CONTACT": "a contact",
    "DTEND": "when it ends",
    "DURATION": "how long it takes",
}


def parse_calendar(text: str, project: str | None, calendar: Calendar) -> ParsedFile:
    """project: for the tasks of a calendar that has no name. Raises `UnreadableFile`."""
    if len(_ENTRY.findall(text)) > MAX_TASKS:
        raise FileTooLarge("tasks", MAX_TASKS)
    source = ParsedFile("icalendar")
    try:
        documents = Document.from_ical(text, multiple=True)
    except (ValueError, IndexError, KeyError, TypeError, AttributeError) as error:
        raise UnreadableFile(f"The calendar can't be read: {str(error)[:200]}") from error
    for place, document in enumerate(documents, start=1):
        _CalendarParser(source, calendar, document, project, place).add_tasks()
    return source


class _CalendarParser:
    def __init__(
        self, source: ParsedFile, calendar: Calendar, document: Any, project: str | None, place: int
    ) -> None:
        self._source, self._report, self._calendar = source, source.report, calendar
        self._document = document
        self._is_ours = str(document.get("prodid", "")) == PRODUCT
        name = str(document.get("x-wr-calname", "") or "")
        chosen = project or ("" if self._is_ours else name)
        self._project = f"calendar {place}" if chosen else None
        if self._project:
            source.add_project(self._project, ImportedProject(chosen))

    def add_tasks(self) -> None:
        todos = list(self._document.walk("VTODO"))
        known = {str(each.get("uid", "")) for each in todos}
        for each in todos:
            self._add_entry(each, is_event=False)
        for each in self._document.walk("VEVENT"):
            if str(each.get("uid", "")) not in known or "uid" not in each:
                self._add_entry(each, is_event=True)

    def _add_entry(self, entry: Component, *, is_event: bool) -> None:
        where = f"entry {len(self._source.tasks) + 1}"
        for name, why in entry.errors:
            self._report.add(where, f"Skipped: {str(name)[:40]} ({str(why)[:80]}).")
        if "recurrence-id" in entry:
            self._report.add(where, "Not imported: a change of one occurrence.")
            return
        self._report_losses(entry, where)
        fields = self._parse_due(entry, where, is_event=is_event)
        fields |= {
            "priority": _PRIORITIES.get(parse_integer(_first_value(entry, "priority")) or 0, 0),
            "labels": list(_list_categories(entry)),
            "reminders": list(self._parse_reminders(entry, where)),
        }
        completed = _first_value(entry, "completed")
        link = str(_first_value(entry, "url") or "")
        notes = "\n".join(filter(None, [str(_first_value(entry, "description") or ""), link]))
        status = str(_first_value(entry, "status") or "").upper()
        self._source.add_task(
            ImportedTask(
                key=str(_first_value(entry, "uid") or where),
                where=where,
                fields=fields
                | fit_title_and_notes(str(_first_value(entry, "summary") or ""), notes, where, self._report),
                project=self._project,
                parent=str(_first_value(entry, "related-to") or "") or None,
                done=status in ("COMPLETED", "CANCELLED") or completed is not None,
                created_at=_to_utc(_first_value(entry, "created")),
                completed_at=_to_utc(completed),
            )
        )

    def _report_losses(self, entry: Component, where: str) -> None:
        status = str(_first_value(entry, "status") or "").upper()
        for name, what in _UNSUPPORTED.items():
            if name in entry and not (name == "PERCENT-COMPLETE" and status == "COMPLETED"):
                self._report.add(where, f"Not imported: {what}.")
        if status in ("IN-PROCESS", "TENTATIVE"):
            self._report.add(where, "Not imported: that it is in progress.")

    def _parse_due(self, entry: Component, where: str, *, is_event: bool) -> dict[str, Any]:
        due, start = _date_value(entry, "due"), _date_value(entry, "dtstart")
        if due is not None and start is not None and due != start and not is_event:
            self._report.add(where, "Not imported: the start date.")
        when = due if due is not None else start
        rule = _first_value(entry, "rrule")
        if when is None:
            if rule is not None:
                self._report.add(where, "It does not recur: it has no date.")
            return {}
        fields = self._make_due_fields(when)
        if rule is not None:
            how = "completion" if str(entry.get("x-todo-recur-from", "")).upper() == "COMPLETION" else "due"
            fields["recurrence"] = {"rule": _rule_text(rule), "from": how}
        return fields

    def _make_due_fields(self, when: date | datetime) -> dict[str, Any]:
        """A day; a floating time; a time in a zone of ours, or else on the wall of the user."""
        if not isinstance(when, datetime):
            return {"due_date": when}
        zone = str(getattr(when.tzinfo, "key", None) or getattr(when.tzinfo, "zone", None) or "")
        if when.tzinfo and (zone not in ZONES or zone in ("UTC", "Etc/UTC")):
            try:
                when = when.astimezone(ZoneInfo(self._calendar.zone))
            except (OverflowError, ValueError):
                when = when.replace(tzinfo=None)
            zone = self._calendar.zone
        named = {"time_zone": zone} if zone and (self._is_ours or zone != self._calendar.zone) else {}
        return {"due_date": when.date(), "due_time": when.time().replace(second=0, microsecond=0)} | named

    def _parse_reminders(self, entry: Component, where: str) -> Iterator[dict[str, Any]]:
        for alarm in entry.walk("VALARM"):
            trigger = _first_value(alarm, "trigger")
            when = getattr(trigger, "dt", trigger)
            if isinstance(when, timedelta) and when <= timedelta(0):
                yield {"minutes_before": int(-when.total_seconds() // 60)}
            elif isinstance(when, datetime) and (at := _to_utc(trigger)):
                yield {"at": at.isoformat()}
            else:
                self._report.add(where, "A reminder was not imported.")


def _first_value(entry: Component, name: str) -> Any:
    """The first value of that name, None if there is none."""
    value = entry.get(name)
    return value[0] if isinstance(value, list) and value else value


def _date_value(entry: Component, name: str) -> date | datetime | None:
    found = getattr(_first_value(entry, name), "dt", None)
    return found if isinstance(found, date) else None


def _to_utc(value: Any) -> datetime | None:
    found = getattr(value, "dt", None)
    if not isinstance(found, datetime):
        return datetime(found.year, found.month, found.day, tzinfo=UTC) if isinstance(found, date) else None
    try:
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (OverflowError, ValueError):
        return None


def _list_categories(entry: Component) -> Iterator[str]:
    found = entry.get("categories")
    for each in found if isinstance(found, list) else [found]:
        yield from (str(name) for name in getattr(each, "cats", ()))


def _rule_text(value: Any) -> str:
    text = value.to_ical()
    return text.decode() if isinstance(text, bytes) else str(text)
