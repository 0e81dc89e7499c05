"""Microsoft To Do as Microsoft Graph gives it: lists (`todoTaskList`) with their tasks (`todoTask`)."""

from collections.abc import Iterator, Mapping
from typing import Any

from task_service.import_export.date_formats import DateColumn, ParsedDateTime
from task_service.import_export.html_text import strip_html
from task_service.import_export.json_values import (
    Json,
    as_text,
    iterate_objects,
    report_unknown,
    report_unsupported,
    report_wrong_types,
)
from task_service.import_export.parsed_file import (
    ImportedProject,
    ImportedTask,
    ParsedFile,
    UnreadableFile,
    fit_title_and_notes,
    parse_integer,
)
from task_service.quickadd import Calendar

_IMPORTANCE = {"low": 1, "normal": 0, "high": 3}
_UNSUPPORTED = {
    "attachments": "attachments",
    "hasAttachments": "attachments",
    "startDateTime": "the start date",
}
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
        *("lastModifiedDateTime", "bodyLastModifiedDateTime", *_UNSUPPORTED),
    )
)
_TYPES = {"title": str, "status": str, "importance": str, "body": dict, "recurrence": dict}
_WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DAYS = {day: day[:2].upper() for day in _WEEK}
_ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "last": -1}
_TASK = {"status", "importance", "dueDateTime", "body", "isReminderOn", "checklistItems"}


def matches_format(document: Any) -> bool:
    return any(_is_list(each) or _is_task(each) for each in _top_level_entries(document)[:1])


def parse_document(document: Any, calendar: Calendar) -> ParsedFile:
    """Raises `UnreadableFile`."""
    if not matches_format(document):
        raise UnreadableFile("This is not Microsoft To Do's JSON: lists that have a displayName and tasks.")
    source = ParsedFile("microsoft-todo")
    for place, each in enumerate(_top_level_entries(document), start=1):
        if _is_list(each):
            key = as_text(each.get("id")) or f"list {place}"
            source.add_project(key, ImportedProject(as_text(each.get("displayName")) or "Microsoft To Do"))
            for name in ("tasks", "value"):
                for task in iterate_objects(each, name, f"list {place}", source.report):
                    _TaskParser(task, key, source, calendar).add_task()
        elif _is_task(each):
            source.add_project("tasks", ImportedProject("Microsoft To Do"))
            _TaskParser(each, "tasks", source, calendar).add_task()
        else:
            source.report.add(f"entry {place}", "Skipped: it is neither a list nor a task.")
    return source


def _top_level_entries(document: Any) -> list[Any]:
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


class _TaskParser:
    def __init__(self, task: Json, project: str, source: ParsedFile, calendar: Calendar) -> None:
        self._task, self._project, self._calendar = task, project, calendar
        self._source, self._report = source, source.report
        self._where = f"task {len(source.tasks) + 1}"
        self._key = as_text(task.get("id")) or self._where

    def add_task(self) -> None:
        task, where = self._task, self._where
        report_wrong_types(task, _TYPES, where, self._report)
        report_unsupported(task, _UNSUPPORTED, where, self._report)
        report_unknown(task, _KNOWN, where, self._report)
        status = as_text(task.get("status"))
        if status not in ("", "notStarted", "completed"):
            self._report.add(where, f"Not imported: that its status is “{status[:40]}”.")
        importance = as_text(task.get("importance")).lower()
        if importance not in _IMPORTANCE and importance:
            self._report.add(where, "The importance was not understood; it has none.")
        fields = fit_title_and_notes(as_text(task.get("title")), self._build_notes(), where, self._report) | {
            "priority": _IMPORTANCE.get(importance, 0),
            "labels": self._list_categories(),
            "reminders": list(self._parse_reminders()),
        }
        completed = self._parse_datetime("completedDateTime")
        self._source.add_task(
            ImportedTask(
                key=self._key,
                where=where,
                fields=fields | self._parse_due(),
                project=self._project,
                done=status == "completed",
                created_at=self._parse_instant(as_text(task.get("createdDateTime"))),
                completed_at=completed.to_utc(self._calendar.zone) if completed else None,
            )
        )
        self._add_checklist()

    def _build_notes(self) -> str:
        body = self._task.get("body")
        content = as_text(body.get("content")) if isinstance(body, Mapping) else ""
        is_html = isinstance(body, Mapping) and as_text(body.get("contentType")).lower() == "html"
        links = [
            " ".join(filter(None, [as_text(each.get("displayName")), as_text(each.get("webUrl"))]))
            for each in iterate_objects(self._task, "linkedResources", self._where, self._report)
        ]
        return "\n".join(filter(None, [strip_html(content) if is_html else content, *links]))

    def _list_categories(self) -> list[str]:
        found = self._task.get("categories")
        if found is not None and not isinstance(found, list):
            self._report.add(self._where, "Skipped: categories (it is not a list).")
        return [as_text(each) for each in found] if isinstance(found, list) else []

    def _add_checklist(self) -> None:
        for place, each in enumerate(
            iterate_objects(self._task, "checklistItems", self._where, self._report)
        ):
            where = f"{self._where}, step {place + 1}"
            self._source.add_task(
                ImportedTask(
                    key=f"{self._key} {as_text(each.get('id')) or place}",
                    where=where,
                    fields=fit_title_and_notes(as_text(each.get("displayName")), "", where, self._report),
                    project=self._project,
                    parent=self._key,
                    done=each.get("isChecked") is True,
                    completed_at=self._parse_instant(as_text(each.get("checkedDateTime"))),
                )
            )

    def _parse_due(self) -> dict[str, Any]:
        """A day: what comes in UTC is the midnight of a day, there or where the user is."""
        found = self._parse_datetime("dueDateTime")
        if found is None:
            return {}
        is_midnight = found.clock is None or (found.clock.hour, found.clock.minute) == (0, 0)
        fields = {"due_date": found.day if is_midnight else found.in_zone(self._calendar.zone).day}
        recurrence = self._parse_recurrence()
        return fields | ({"recurrence": {"rule": recurrence}} if recurrence else {})

    def _parse_recurrence(self) -> str:
        recurrence = self._task.get("recurrence")
        pattern = recurrence.get("pattern") if isinstance(recurrence, Mapping) else None
        if not recurrence:
            return ""
        rule = _convert_rule(pattern) if isinstance(pattern, Mapping) else ""
        if not rule:
            self._report.add(self._where, "The recurrence was not understood; it does not recur.")
            return ""
        span = recurrence.get("range")
        return rule + (_convert_end(span) if isinstance(span, Mapping) else "")

    def _parse_reminders(self) -> Iterator[dict[str, Any]]:
        found = self._parse_datetime("reminderDateTime")
        if found and self._task.get("isReminderOn") is not False:
            at = found.to_utc(self._calendar.zone)
            if at:
                yield {"at": at.isoformat()}

    def _parse_datetime(self, name: str) -> ParsedDateTime | None:
        """A `dateTimeTimeZone`."""
        value = self._task.get(name)
        if not value:
            return None
        text = as_text(value.get("dateTime")) if isinstance(value, Mapping) else as_text(value)
        zone = as_text(value.get("timeZone")) if isinstance(value, Mapping) else ""
        found = DateColumn((), self._calendar).parse(text[:26] + ("Z" if zone.upper() == "UTC" else ""))
        if found is None:
            self._report.add(self._where, f"Skipped: {name} (it was not understood).")
        return found

    def _parse_instant(self, text: str) -> Any:
        found = DateColumn((), self._calendar).parse(text) if text else None
        return found.to_utc(self._calendar.zone) if found else None


def _convert_rule(pattern: Json) -> str:
    """RFC 5545 for a `recurrencePattern`; empty for what is none."""
    kind, every = as_text(pattern.get("type")), parse_integer(pattern.get("interval")) or 1
    listed = pattern.get("daysOfWeek")
    named = [as_text(day) for day in listed] if isinstance(listed, list) else []
    days = [_DAYS[day] for day in named if day in _DAYS]
    place = _ORDINALS.get(as_text(pattern.get("index")), 1)
    month, day = parse_integer(pattern.get("month")), parse_integer(pattern.get("dayOfMonth"))
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


def _convert_end(span: Json) -> str:
    times, last = parse_integer(span.get("numberOfOccurrences")), as_text(span.get("endDate"))
    if span.get("type") == "numbered" and times:
        return f";COUNT={times}"
    return f";UNTIL={last[:10].replace('-', '')}" if span.get("type") == "endDate" and last else ""
