"""Google Takeout's `Tasks.json`: the lists of Google Tasks with their tasks, as its API has them."""

from collections.abc import Sequence
from typing import Any

from task_service.import_export.date_formats import Dates
from task_service.import_export.google_recurrences import next_occurrences, read_rule, start_of
from task_service.import_export.json_values import Json, objects, tell_lost, tell_types, tell_unknown, text
from task_service.import_export.parsed_file import Draft, ProjectDraft, Source, Unreadable, instant, titled
from task_service.quickadd import Calendar

_LOST = {"links": "links", "starred": "its star", "assignmentInfo": "where it was assigned"}
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
        *("webViewLink", *_LOST),
    )
)
_MIDNIGHT = "T00:00:00"


def is_one(document: Any) -> bool:
    if not isinstance(document, dict) or not isinstance(document.get("items"), list):
        return False
    lists = [each for each in document["items"] if isinstance(each, dict)]
    return document.get("kind") == "tasks#taskLists" or any(
        str(each.get("kind", "")).startswith("tasks#") for each in lists
    )


def read(document: Any, calendar: Calendar) -> Source:
    """Raises `Unreadable`."""
    if not is_one(document):
        raise Unreadable('This is no Tasks.json of Google Takeout: its kind is "tasks#taskLists".')
    source = Source("google-tasks")
    for place, each in enumerate(objects(document, "items", "file", source.report), start=1):
        key = text(each.get("id")) or f"list {place}"
        source.add_project(key, ProjectDraft(text(each.get("title")) or "Google Tasks"))
        tasks = list(objects(each, "items", f"list {place}", source.report))
        series = _Series(each, tasks, f"list {place}", source)
        for task in tasks:
            _add(task, key, source, calendar, series)
    return source


class _Series:
    """Tasks that repeat: the next open occurrence stands for all that are still to come."""

    def __init__(self, holder: Json, tasks: Sequence[Json], where: str, source: Source) -> None:
        rules = objects(holder, "recurrences", where, source.report)
        self._rules = {text(each.get("id")): read_rule(each) for each in rules}
        self._next = next_occurrences(tasks)
        self._report = source.report

    def is_left_out(self, task: Json, where: str) -> bool:
        """Whether a task is an open occurrence behind the next one of a rule that is taken over."""
        id = text(task.get("task_recurrence_id"))
        if not self._rules.get(id) or task.get("status") == "completed" or self._next[id] is task:
            return False
        self._report.say(where, "Left out: a later occurrence of a task that repeats.")
        return True

    def recurrence(self, task: Json, where: str) -> dict[str, Any]:
        id = text(task.get("task_recurrence_id"))
        if not id or self._next.get(id) is not task:
            return {}
        rule = self._rules.get(id)
        if rule:
            return {"recurrence": {"rule": rule}}
        self._report.say(where, "How it repeats was not understood, or was stopped; it does not.")
        return {}


def _add(task: Json, project: str, source: Source, calendar: Calendar, series: _Series) -> None:
    where = f"task {len(source.tasks) + 1}"
    if task.get("deleted") is True:
        source.report.say(where, "It was deleted; left out.")
        return
    if series.is_left_out(task, where):
        return
    tell_types(task, _TYPES, where, source.report)
    tell_lost(task, _LOST, where, source.report)
    tell_unknown(task, _KNOWN, where, source.report)
    words = titled(text(task.get("title")), text(task.get("notes")), where, source.report)
    due = _due(task, where, source, calendar)
    source.add_task(
        Draft(
            key=text(task.get("id")) or where,
            where=where,
            fields=words | due | (series.recurrence(task, where) if due else {}),
            project=project,
            parent=text(task.get("parent")) or None,
            done=task.get("status") == "completed",
            created_at=instant(task.get("created")),
            completed_at=instant(task.get("completed")),
        )
    )


def _due(task: Json, where: str, source: Source, calendar: Calendar) -> dict[str, Any]:
    """A due date is a day, said as midnight in UTC; a scheduled time has its hour."""
    said = text(task.get("due")) or _scheduled(task, where, source)
    if not said:
        return {}
    found = Dates((), calendar).read(said[:10] if _MIDNIGHT in said else said)
    if found is None:
        source.report.say(where, f"The date {said[:40]!r} was not understood; it has none.")
        return {}
    found = found.at(calendar.zone)
    return {"due_date": found.day} | ({"due_time": found.clock} if found.clock else {})


def _scheduled(task: Json, where: str, source: Source) -> str:
    """When a task is scheduled; tells what of it is no object."""
    return start_of(task) if list(objects(task, "scheduled_time", where, source.report)) else ""
