"""Our own JSON: everything of an account, as `GET /export` gives it."""

from collections.abc import Mapping
from typing import Any

from servicekit.uuids import is_id
from task_service.import_export.limits import MAX_LABELS
from task_service.import_export.parsed_file import (
    Draft,
    ProjectDraft,
    Source,
    TooMuch,
    Unreadable,
    day,
    instant,
    titled,
)

NAME = "todo"
VERSION = 1
FIELDS = (
    *("priority", "labels", "due_date", "due_time", "time_zone", "recurrence", "reminders", "position"),
)
LABEL = ("name", "colour", "position")
MAX_NUMBER = 1_000_000
"""Of occurrences in a series."""
FILTER = ("name", "filter", "sort", "colour", "position")


def is_one(document: Any) -> bool:
    return isinstance(document, dict) and document.get("format") == NAME


def read(document: Any) -> Source:
    """Raises `Unreadable` for what is not ours, or from a newer version."""
    if not is_one(document):
        raise Unreadable('This is not our JSON: it begins with {"format": "todo", "version": 1, …}.')
    if document.get("version") != VERSION:
        raise Unreadable("This file is from another version than this one can read.")
    source = Source("todo-json")
    for project in _objects(document, "projects"):
        draft = ProjectDraft(
            name=str(project.get("name", "")),
            parent=_id(project.get("parent_id")),
            colour=_id(project.get("colour")),
            archived=project.get("archived") is True,
            position=_id(project.get("position")),
        )
        source.add_project(str(project.get("id")), draft)
    for name, into, fields in (("labels", source.labels, LABEL), ("filters", source.filters, FILTER)):
        if len(_objects(document, name)) > MAX_LABELS:
            raise TooMuch(name, MAX_LABELS)
        into += [{key: each[key] for key in fields if key in each} for each in _objects(document, name)]
    for place, task in enumerate(_objects(document, "tasks"), start=1):
        source.add_task(_draft(task, f"task {place}", source))
    return source


def _draft(task: Mapping[str, Any], where: str, source: Source) -> Draft:
    words = titled(str(task.get("title", "")), str(task.get("notes") or ""), where, source.report)
    return Draft(
        key=str(task.get("id", where)),
        where=where,
        fields=words | {name: task[name] for name in FIELDS if task.get(name) is not None},
        project=_id(task.get("project_id")),
        parent=_id(task.get("parent_id")),
        done=task.get("done") is True,
        created_at=instant(task.get("created_at")),
        completed_at=instant(task.get("completed_at")),
        series=_series(task),
    )


def _series(task: Mapping[str, Any]) -> dict[str, Any]:
    """The place of a task in its series, as far as it is one."""
    counted = {name: task[name] for name in ("occurrence", "rule_number") if _is_count(task.get(name))}
    series_id, counted_from = task.get("series_id"), day(task.get("rule_from"))
    named = {"series_id": series_id} if isinstance(series_id, str) and is_id(series_id) else {}
    return named | counted | ({"rule_from": counted_from} if counted_from else {})


def _is_count(value: Any) -> bool:
    return type(value) is int and 1 <= value <= MAX_NUMBER


def _objects(document: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    found = document.get(name, [])
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise Unreadable(f"{name} is not a list of objects.")
    return found


def _id(value: Any) -> str | None:
    return value if isinstance(value, str) else None
