"""Microsoft To Do as Microsoft Graph gives it: lists (`todoTaskList`) with their tasks (`todoTask`)."""

from collections.abc import Iterator, Mapping
from typing import Any

from task_service.import_export.date_formats import Dates, Moment
from task_service.import_export.html_text import plain
from task_service.import_export.json_values import Json, objects, tell_lost, tell_types, tell_unknown, text
from task_service.import_export.parsed_file import (
    Draft,
    ProjectDraft,
    Source,
    Unreadable,
    titled,
    whole_number,
)
from task_service.quickadd import Calendar

_IMPORTANCE = {"low": 1, "normal": 0, "high": 3}
_LOST = {"attachments": "attachments", "hasAttachments": "attachments", "startDateTime": "the start date"}
_KNOWN = frozenset(
    (
        *("id", "title", "status", "importance", "body", "categories", "checklistItems", "linkedResources"),
        *(
            "isReminderOn",
            "reminderDateTime",
            "dueDateTime",
            "completedDateTime",
            "recurrence",
            "createdDateTime",
        ),
        *("lastModifiedDateTime", "bodyLastModifiedDateTime", *_LOST),
    )
)
_TYPES = {"title": str, "status": str, "importance": str, "body": dict, "recurrence": dict}
_WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DAYS = {day: day[:2].upper() for day in _WEEK}
_PLACES = {"first": 1, "second": 2, "third": 3, "fourth": 4, "last": -1}
_TASK = {"status", "importance", "dueDateTime", "body", "isReminderOn", "checklistItems"}


def is_one(document: Any) -> bool:
    return any(_is_list(each) or _is_task(each) for each in _top(document)[:1])


def read(document: Any, calendar: Calendar) -> Source:
    """Raises `Unreadable`."""
    if not is_one(document):
        raise Unreadable("This is not Microsoft To Do's JSON: lists that have a displayName and tasks.")
    source = Source("microsoft-todo")
    for place, each in enumerate(_top(document), start=1):
        if _is_list(each):
            key = text(each.get("id")) or f"list {place}"
            source.add_project(key, ProjectDraft(text(each.get("displayName")) or "Microsoft To Do"))
            for name in ("tasks", "value"):
                for task in objects(each, name, f"list {place}", source.report):
                    _Task(task, key, source, calendar).add()
        elif _is_task(each):
            source.add_project("tasks", ProjectDraft("Microsoft To Do"))
            _Task(each, "tasks", source, calendar).add()
        else:
            source.report.say(f"entry {place}", "It is neither a list nor a task; left out.")
    return source


def _top(document: Any) -> list[Any]:
    if isinstance(document, Mapping):
        inner = document.get("value", document.get("lists"))
        document = inner if isinstance(inner, list) else [document]
    return [each for each in document if isinstance(each, Mapping)] if isinstance(document, list) else []


def _is_list(value: Any) -> bool:
    return (
        isinstance(value, Mapping)
        and isinstance(value.get("displayName"), str)
        and (isinstance(value.get("tasks", value.get("value")), list) or "wellknownListName" in value)
    )


def _is_task(value: Any) -> bool:
    return isinstance(value, Mapping) and "title" in value and len(_TASK & value.keys()) >= 2


class _Task:
    def __init__(self, task: Json, project: str, source: Source, calendar: Calendar) -> None:
        self._task, self._project, self._calendar = task, project, calendar
        self._source, self._report = source, source.report
        self._where = f"task {len(source.tasks) + 1}"
        self._key = text(task.get("id")) or self._where

    def add(self) -> None:
        task, where = self._task, self._where
        tell_types(task, _TYPES, where, self._report)
        tell_lost(task, _LOST, where, self._report)
        tell_unknown(task, _KNOWN, where, self._report)
        status = text(task.get("status"))
        if status not in ("", "notStarted", "completed"):
            self._report.say(where, f"Not taken over: that its status is “{status[:40]}”.")
        importance = text(task.get("importance")).lower()
        if importance not in _IMPORTANCE and importance:
            self._report.say(where, "The importance was not understood; it has none.")
        fields = titled(text(task.get("title")), self._notes(), where, self._report) | {
            "priority": _IMPORTANCE.get(importance, 0),
            "labels": self._categories(),
            "reminders": list(self._reminders()),
        }
        completed = self._moment("completedDateTime")
        self._source.add_task(
            Draft(
                key=self._key,
                where=where,
                fields=fields | self._due(),
                project=self._project,
                done=status == "completed",
                created_at=self._instant(text(task.get("createdDateTime"))),
                completed_at=completed.instant(self._calendar.zone) if completed else None,
            )
        )
        self._add_checklist()

    def _notes(self) -> str:
        body = self._task.get("body")
        content = text(body.get("content")) if isinstance(body, Mapping) else ""
        is_html = isinstance(body, Mapping) and text(body.get("contentType")).lower() == "html"
        links = [
            " ".join(filter(None, [text(each.get("displayName")), text(each.get("webUrl"))]))
            for each in objects(self._task, "linkedResources", self._where, self._report)
        ]
        return "\n".join(filter(None, [plain(content) if is_html else content, *links]))

    def _categories(self) -> list[str]:
        found = self._task.get("categories")
        if found is not None and not isinstance(found, list):
            self._report.say(self._where, "Left out: categories (it is not a list).")
        return [text(each) for each in found] if isinstance(found, list) else []

    def _add_checklist(self) -> None:
        for place, each in enumerate(objects(self._task, "checklistItems", self._where, self._report)):
            where = f"{self._where}, step {place + 1}"
            self._source.add_task(
                Draft(
                    key=f"{self._key} {text(each.get('id')) or place}",
                    where=where,
                    fields=titled(text(each.get("displayName")), "", where, self._report),
                    project=self._project,
                    parent=self._key,
                    done=each.get("isChecked") is True,
                    completed_at=self._instant(text(each.get("checkedDateTime"))),
                )
            )

    def _due(self) -> dict[str, Any]:
        """A day: what comes in UTC is the midnight of a day, there or where the user is."""
        found = self._moment("dueDateTime")
        if found is None:
            return {}
        is_midnight = found.clock is None or (found.clock.hour, found.clock.minute) == (0, 0)
        fields = {"due_date": found.day if is_midnight else found.at(self._calendar.zone).day}
        recurrence = self._recurrence()
        return fields | ({"recurrence": {"rule": recurrence}} if recurrence else {})

    def _recurrence(self) -> str:
        said = self._task.get("recurrence")
        pattern = said.get("pattern") if isinstance(said, Mapping) else None
        if not said:
            return ""
        rule = _rule(pattern) if isinstance(pattern, Mapping) else ""
        if not rule:
            self._report.say(self._where, "How it repeats was not understood; it does not.")
            return ""
        span = said.get("range")
        return rule + (_end(span) if isinstance(span, Mapping) else "")

    def _reminders(self) -> Iterator[dict[str, Any]]:
        found = self._moment("reminderDateTime")
        if found and self._task.get("isReminderOn") is not False:
            at = found.instant(self._calendar.zone)
            if at:
                yield {"at": at.isoformat()}

    def _moment(self, name: str) -> Moment | None:
        """A `dateTimeTimeZone`."""
        value = self._task.get(name)
        if not value:
            return None
        said = text(value.get("dateTime")) if isinstance(value, Mapping) else text(value)
        zone = text(value.get("timeZone")) if isinstance(value, Mapping) else ""
        found = Dates((), self._calendar).read(said[:26] + ("Z" if zone.upper() == "UTC" else ""))
        if found is None:
            self._report.say(self._where, f"Left out: {name} (it was not understood).")
        return found

    def _instant(self, said: str) -> Any:
        found = Dates((), self._calendar).read(said) if said else None
        return found.instant(self._calendar.zone) if found else None


def _rule(pattern: Json) -> str:
    """RFC 5545 for a `recurrencePattern`; empty for what is none."""
    kind, every = text(pattern.get("type")), whole_number(pattern.get("interval")) or 1
    listed = pattern.get("daysOfWeek")
    named = [text(day) for day in listed] if isinstance(listed, list) else []
    days = [_DAYS[day] for day in named if day in _DAYS]
    place = _PLACES.get(text(pattern.get("index")), 1)
    month, day = whole_number(pattern.get("month")), whole_number(pattern.get("dayOfMonth"))
    tail = f";INTERVAL={every}" if every > 1 else ""
    by_day = f";BYDAY={','.join(days)}" if days else ""
    position = f";BYSETPOS={place}" if days else ""
    in_month = f";BYMONTH={month}" if month else ""
    on = f";BYMONTHDAY={day}" if day else ""
    return {
        "daily": f"FREQ=DAILY{tail}",
        "weekly": f"FREQ=WEEKLY{tail}{by_day}",
        "absoluteMonthly": f"FREQ=MONTHLY{tail}{on}",
        "relativeMonthly": f"FREQ=MONTHLY{tail}{by_day}{position}",
        "absoluteYearly": f"FREQ=YEARLY{tail}{in_month}{on}",
        "relativeYearly": f"FREQ=YEARLY{tail}{in_month}{by_day}{position}",
    }.get(kind, "")


def _end(span: Json) -> str:
    times, last = whole_number(span.get("numberOfOccurrences")), text(span.get("endDate"))
    if span.get("type") == "numbered" and times:
        return f";COUNT={times}"
    return f";UNTIL={last[:10].replace('-', '')}" if span.get("type") == "endDate" and last else ""
