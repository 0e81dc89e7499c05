"""Google Takeout's `Tasks.json`: the lists of Google Tasks with their tasks, as its API has them."""

from collections.abc import Sequence
from typing import Any

from task_service.import_export.date_formats import DateColumn
from task_service.import_export.google_recurrences import convert_rule, next_occurrences, scheduled_start
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
    parse_instant,
)
from task_service.quickadd import Calendar

_UNSUPPORTED = {"links": "links", "starred": "its star", "assignmentInfo": "where it was assigned"}
_TYPES = dict.fromkeys(("title", "notes", "status", "due", "completed", "parent", "updated"), str)
_KNOWN = frozenset(
    (
        *(
            "kind",
            "id",
            "etag",
            "title",
            "notes",
            "status",
            "due",
            "completed",
            "created",
            "updated",
            "hidden",
        ),
        *("deleted", "parent", "position", "scheduled_time", "task_recurrence_id", "task_type", "selfLink"),
        *("webViewLink", *_UNSUPPORTED),
    )
)
_MIDNIGHT = "T00:00:00"


def matches_format(document: Any) -> bool:
    if not isinstance(document, dict) or not isinstance(document.get("items"), list):
        return False
    lists = [each for each in document["items"] if isinstance(each, dict)]
    return document.get("kind") == "tasks#taskLists" or any(
        str(each.get("kind", "")).startswith("tasks#") for each in lists
    )


def parse_document(document: Any, calendar: Calendar) -> ParsedFile:
    """Raises `UnreadableFile`."""
    if not matches_format(document):
        raise UnreadableFile('This is not the Tasks.json of Google Takeout: its kind is "tasks#taskLists".')
    source = ParsedFile("google-tasks")
    for place, each in enumerate(iterate_objects(document, "items", "file", source.report), start=1):
        key = as_text(each.get("id")) or f"list {place}"
        source.add_project(key, ImportedProject(as_text(each.get("title")) or "Google Tasks"))
        tasks = list(iterate_objects(each, "items", f"list {place}", source.report))
        series = _SeriesIndex(each, tasks, f"list {place}", source)
        for task in tasks:
            _add_task(task, key, source, calendar, series)
    return source


class _SeriesIndex:
    """Tasks that repeat: the next open occurrence stands for all that are still to come."""

    def __init__(self, holder: Json, tasks: Sequence[Json], where: str, source: ParsedFile) -> None:
        rules = iterate_objects(holder, "recurrences", where, source.report)
        self._rules = {as_text(each.get("id")): convert_rule(each) for each in rules}
        self._next = next_occurrences(tasks)
        self._report = source.report

    def is_left_out(self, task: Json, where: str) -> bool:
        """Whether a task is an open occurrence after the next one of a rule that is imported."""
        id = as_text(task.get("task_recurrence_id"))
        if not self._rules.get(id) or task.get("status") == "completed" or self._next[id] is task:
            return False
        self._report.add(where, "Skipped: a later occurrence of a recurring task.")
        return True

    def find_recurrence(self, task: Json, where: str) -> dict[str, Any]:
        id = as_text(task.get("task_recurrence_id"))
        if not id or self._next.get(id) is not task:
            return {}
        rule = self._rules.get(id)
        if rule:
            return {"recurrence": {"rule": rule}}
        self._report.add(where, "The recurrence was not understood, or was stopped; it does not recur.")
        return {}


def _add_task(task: Json, project: str, source: ParsedFile, calendar: Calendar, series: _SeriesIndex) -> None:
    where = f"task {len(source.tasks) + 1}"
    if task.get("deleted") is True:
        source.report.add(where, "Skipped: it was deleted.")
        return
    if series.is_left_out(task, where):
        return
    report_wrong_types(task, _TYPES, where, source.report)
    report_unsupported(task, _UNSUPPORTED, where, source.report)
    report_unknown(task, _KNOWN, where, source.report)
    words = fit_title_and_notes(as_text(task.get("title")), as_text(task.get("notes")), where, source.report)
    due = _parse_due(task, where, source, calendar)
    source.add_task(
        ImportedTask(
            key=as_text(task.get("id")) or where,
            where=where,
            fields=words | due | (series.find_recurrence(task, where) if due else {}),
            project=project,
            parent=as_text(task.get("parent")) or None,
            done=task.get("status") == "completed",
            created_at=parse_instant(task.get("created")),
            completed_at=parse_instant(task.get("completed")),
        )
    )


def _parse_due(task: Json, where: str, source: ParsedFile, calendar: Calendar) -> dict[str, Any]:
    """A due date is a day, said as midnight in UTC; a scheduled time has its hour."""
    text = as_text(task.get("due")) or _find_schedule(task, where, source)
    if not text:
        return {}
    found = DateColumn((), calendar).parse(text[:10] if _MIDNIGHT in text else text)
    if found is None:
        source.report.add(where, f"The date {text[:40]!r} was not understood; it has none.")
        return {}
    found = found.in_zone(calendar.zone)
    return {"due_date": found.day} | ({"due_time": found.clock} if found.clock else {})


def _find_schedule(task: Json, where: str, source: ParsedFile) -> str:
    """When a task is scheduled; tells what of it is no object."""
    return (
        scheduled_start(task) if list(iterate_objects(task, "scheduled_time", where, source.report)) else ""
    )
