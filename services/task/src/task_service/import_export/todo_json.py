"""Our own JSON: everything of an account, as `GET /export` gives it."""

from collections.abc import Mapping
from typing import Any

from servicekit.uuids import is_valid_id
from task_service.import_export.limits import MAX_LABELS
from task_service.import_export.parsed_file import (
    FileTooLarge,
    ImportedProject,
    ImportedTask,
    ParsedFile,
    UnreadableFile,
    fit_title_and_notes,
    parse_date,
    parse_instant,
)

FORMAT_NAME = "todo"
FORMAT_VERSION = 1
TASK_FIELDS = (
    *("priority", "labels", "due_date", "due_time", "time_zone", "recurrence", "reminders", "position"),
)
LABEL_FIELDS = ("name", "colour", "position")
MAX_NUMBER = 1_000_000
"""Of occurrences in a series."""
FILTER_FIELDS = ("name", "filter", "sort", "colour", "position")


def matches_format(document: Any) -> bool:
    return isinstance(document, dict) and document.get("format") == FORMAT_NAME


def parse_document(document: Any) -> ParsedFile:
    """Raises `UnreadableFile` for what is not ours, or from a newer version."""
    if not matches_format(document):
        raise UnreadableFile('This is not our JSON: it begins with {"format": "todo", "version": 1, …}.')
    if document.get("version") != FORMAT_VERSION:
        raise UnreadableFile("This file is from an unsupported version.")
    source = ParsedFile("todo-json")
    for project in _list_objects(document, "projects"):
        draft = ImportedProject(
            name=str(project.get("name", "")),
            parent=_optional_text(project.get("parent_id")),
            colour=_optional_text(project.get("colour")),
            archived=project.get("archived") is True,
            position=_optional_text(project.get("position")),
        )
        source.add_project(str(project.get("id")), draft)
    for name, into, fields in (
        ("labels", source.labels, LABEL_FIELDS),
        ("filters", source.filters, FILTER_FIELDS),
    ):
        if len(_list_objects(document, name)) > MAX_LABELS:
            raise FileTooLarge(name, MAX_LABELS)
        into += [{key: each[key] for key in fields if key in each} for each in _list_objects(document, name)]
    for place, task in enumerate(_list_objects(document, "tasks"), start=1):
        source.add_task(_parse_task(task, f"task {place}", source))
    return source


def _parse_task(task: Mapping[str, Any], where: str, source: ParsedFile) -> ImportedTask:
    words = fit_title_and_notes(
        str(task.get("title", "")), str(task.get("notes") or ""), where, source.report
    )
    return ImportedTask(
        key=str(task.get("id", where)),
        where=where,
        fields=words | {name: task[name] for name in TASK_FIELDS if task.get(name) is not None},
        project=_optional_text(task.get("project_id")),
        parent=_optional_text(task.get("parent_id")),
        done=task.get("done") is True,
        created_at=parse_instant(task.get("created_at")),
        completed_at=parse_instant(task.get("completed_at")),
        series=_parse_series(task),
    )


def _parse_series(task: Mapping[str, Any]) -> dict[str, Any]:
    """The place of a task in its series, as far as it is one."""
    counted = {name: task[name] for name in ("occurrence", "rule_number") if _is_count(task.get(name))}
    series_id, counted_from = task.get("series_id"), parse_date(task.get("rule_from"))
    named = {"series_id": series_id} if isinstance(series_id, str) and is_valid_id(series_id) else {}
    return named | counted | ({"rule_from": counted_from} if counted_from else {})


def _is_count(value: Any) -> bool:
    return type(value) is int and 1 <= value <= MAX_NUMBER


def _list_objects(document: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    found = document.get(name, [])
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise UnreadableFile(f"{name} is not a list of objects.")
    return found


def _optional_text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
