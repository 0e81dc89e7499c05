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
    Draft,
    ProjectDraft,
    Source,
    TooMuch,
    Unreadable,
    titled,
    whole_number,
)
from task_service.quickadd import Calendar

PRODUCT = "-//todo//tasks//EN"
"""Who wrote a calendar that is ours."""
_PRIORITIES = {0: 0, 1: 4, 2: 4, 3: 3, 4: 3, 5: 2, 6: 1, 7: 1, 8: 1, 9: 1}
"""RFC 5545, 3.8.1.9: 1 is the highest, 9 the lowest, 0 none."""
_ENTRY = re.compile(r"^BEGIN:(?:VTODO|VEVENT)\s*$", re.I | re.M)
_LOST = {
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


def read(text: str, project: str | None, calendar: Calendar) -> Source:
    """project: for the tasks of a calendar that has no name. Raises `Unreadable`."""
    if len(_ENTRY.findall(text)) > MAX_TASKS:
        raise TooMuch("tasks", MAX_TASKS)
    source = Source("icalendar")
    try:
        documents = Document.from_ical(text, multiple=True)
    except (ValueError, IndexError, KeyError, TypeError, AttributeError) as error:
        raise Unreadable(f"The calendar can't be read: {str(error)[:200]}") from error
    for place, document in enumerate(documents, start=1):
        _Reading(source, calendar, document, project, place).take()
    return source


class _Reading:
    def __init__(
        self, source: Source, calendar: Calendar, document: Any, project: str | None, place: int
    ) -> None:
        self._source, self._report, self._calendar = source, source.report, calendar
        self._document = document
        self._is_ours = str(document.get("prodid", "")) == PRODUCT
        name = str(document.get("x-wr-calname", "") or "")
        chosen = project or ("" if self._is_ours else name)
        self._project = f"calendar {place}" if chosen else None
        if self._project:
            source.add_project(self._project, ProjectDraft(chosen))

    def take(self) -> None:
        todos = list(self._document.walk("VTODO"))
        known = {str(each.get("uid", "")) for each in todos}
        for each in todos:
            self._take(each, is_event=False)
        for each in self._document.walk("VEVENT"):
            if str(each.get("uid", "")) not in known or "uid" not in each:
                self._take(each, is_event=True)

    def _take(self, entry: Component, *, is_event: bool) -> None:
        where = f"entry {len(self._source.tasks) + 1}"
        for name, why in entry.errors:
            self._report.say(where, f"Left out: {str(name)[:40]} ({str(why)[:80]}).")
        if "recurrence-id" in entry:
            self._report.say(where, "Not taken over: a change of one occurrence.")
            return
        self._tell_losses(entry, where)
        fields = self._due(entry, where, is_event=is_event)
        fields |= {
            "priority": _PRIORITIES.get(whole_number(_value(entry, "priority")) or 0, 0),
            "labels": list(_categories(entry)),
            "reminders": list(self._reminders(entry, where)),
        }
        completed = _value(entry, "completed")
        link = str(_value(entry, "url") or "")
        notes = "\n".join(filter(None, [str(_value(entry, "description") or ""), link]))
        status = str(_value(entry, "status") or "").upper()
        self._source.add_task(
            Draft(
                key=str(_value(entry, "uid") or where),
                where=where,
                fields=fields | titled(str(_value(entry, "summary") or ""), notes, where, self._report),
                project=self._project,
                parent=str(_value(entry, "related-to") or "") or None,
                done=status in ("COMPLETED", "CANCELLED") or completed is not None,
                created_at=_instant(_value(entry, "created")),
                completed_at=_instant(completed),
            )
        )

    def _tell_losses(self, entry: Component, where: str) -> None:
        status = str(_value(entry, "status") or "").upper()
        for name, what in _LOST.items():
            if name in entry and not (name == "PERCENT-COMPLETE" and status == "COMPLETED"):
                self._report.say(where, f"Not taken over: {what}.")
        if status in ("IN-PROCESS", "TENTATIVE"):
            self._report.say(where, "Not taken over: that it is under way.")

    def _due(self, entry: Component, where: str, *, is_event: bool) -> dict[str, Any]:
        due, start = _moment(entry, "due"), _moment(entry, "dtstart")
        if due is not None and start is not None and due != start and not is_event:
            self._report.say(where, "Not taken over: the start date.")
        when = due if due is not None else start
        rule = _value(entry, "rrule")
        if when is None:
            if rule is not None:
                self._report.say(where, "It does not recur: it has no date.")
            return {}
        fields = self._when(when)
        if rule is not None:
            how = "completion" if str(entry.get("x-todo-recur-from", "")).upper() == "COMPLETION" else "due"
            fields["recurrence"] = {"rule": _rule(rule), "from": how}
        return fields

    def _when(self, when: date | datetime) -> dict[str, Any]:
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

    def _reminders(self, entry: Component, where: str) -> Iterator[dict[str, Any]]:
        for alarm in entry.walk("VALARM"):
            trigger = _value(alarm, "trigger")
            when = getattr(trigger, "dt", trigger)
            if isinstance(when, timedelta) and when <= timedelta(0):
                yield {"minutes_before": int(-when.total_seconds() // 60)}
            elif isinstance(when, datetime) and (at := _instant(trigger)):
                yield {"at": at.isoformat()}
            else:
                self._report.say(where, "A reminder was not taken over.")


def _value(entry: Component, name: str) -> Any:
    """The first value of that name, None if there is none."""
    value = entry.get(name)
    return value[0] if isinstance(value, list) and value else value


def _moment(entry: Component, name: str) -> date | datetime | None:
    found = getattr(_value(entry, name), "dt", None)
    return found if isinstance(found, date) else None


def _instant(value: Any) -> datetime | None:
    found = getattr(value, "dt", None)
    if not isinstance(found, datetime):
        return datetime(found.year, found.month, found.day, tzinfo=UTC) if isinstance(found, date) else None
    try:
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (OverflowError, ValueError):
        return None


def _categories(entry: Component) -> Iterator[str]:
    found = entry.get("categories")
    for each in found if isinstance(found, list) else [found]:
        yield from (str(name) for name in getattr(each, "cats", ()))


def _rule(value: Any) -> str:
    text = value.to_ical()
    return text.decode() if isinstance(text, bytes) else str(text)
