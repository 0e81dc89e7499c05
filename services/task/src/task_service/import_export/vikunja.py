"""Vikunja's export: `data.json`, a list of projects with their tasks, and `filters.json`."""

import re
from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

from task_service.import_export.html_text import strip_html
from task_service.import_export.json_values import (
    Json,
    as_text,
    iterate_objects,
    report_unsupported,
    report_wrong_types,
)
from task_service.import_export.limits import MAX_LABELS
from task_service.import_export.parsed_file import (
    ImportedProject,
    ImportedTask,
    ImportReport,
    ParsedFile,
    UnreadableFile,
    fit_title_and_notes,
    parse_instant,
    parse_integer,
)
from task_service.quickadd import Calendar

_PRIORITIES = {0: 0, 1: 1, 2: 2, 3: 3, 4: 4, 5: 4}
"""Theirs: 1 low, 2 medium, 3 high, 4 urgent, 5 do now."""
_DAY = 86400
_INTERVALS = ((7 * _DAY, "WEEKLY"), (_DAY, "DAILY"))
MAX_INTERVAL = 1000
NO_TIME = "0001-01-01"
_COLOUR = re.compile(r"#?([0-9a-fA-F]{6})")
_UNSUPPORTED = {
    "attachments": "attachments",
    "comments": "comments",
    "assignees": "who it is assigned to",
    "start_date": "the start date",
    "end_date": "the end date",
    "percent_done": "the progress in percent",
    "is_favorite": "that it is a favourite",
    "hex_color": "its colour",
    "bucket_id": "its bucket",
    "reactions": "reactions",
    "cover_image_attachment_id": "its cover",
}
_UNSUPPORTED_OF_PROJECT = {
    "description": "the description of the project",
    "is_favorite": "that the project is a favourite",
    "buckets": "its buckets",
    "background_information": "its background",
}
_TYPES = {
    "title": str,
    "description": str,
    "done": bool,
    "due_date": str,
    "done_at": str,
    "priority": int,
    "repeat_after": int,
    "repeat_mode": int,
    "labels": list,
    "reminders": list,
    "related_tasks": dict,
}


def matches_format(document: Any) -> bool:
    """Any other list of objects is not: each here is a project that has its tasks with it."""
    return (
        isinstance(document, list)
        and bool(document)
        and all(isinstance(each, dict) and "title" in each and "tasks" in each for each in document)
    )


def parse_document(document: Any, calendar: Calendar, filters: Any) -> ParsedFile:
    """Times are put on the wall of the calendar's zone, where they float. Raises `UnreadableFile`.

    filters: what `filters.json` holds, if it is there.
    """
    if not matches_format(document):
        raise UnreadableFile("Vikunja's data.json is a list of projects, each with a title and its tasks.")
    source = ParsedFile("vikunja-json")
    colours: dict[str, str] = {}
    for project in document:
        key = as_text(project.get("id")) or f"project {len(source.projects) + 1}"
        _add_project(project, key, source)
        for task in iterate_objects(project, "tasks", f"project {key}", source.report):
            source.add_task(_parse_task(task, key, source, calendar, colours))
    source.labels = [{"name": name, "colour": colour} for name, colour in colours.items()][:MAX_LABELS]
    _link_subtasks(document, source)
    _report_filters(filters, source.report)
    return source


def _add_project(project: Json, key: str, source: ParsedFile) -> None:
    above, where = parse_integer(project.get("parent_project_id")), f"project {key}"
    report_unsupported(project, _UNSUPPORTED_OF_PROJECT, where, source.report)
    draft = ImportedProject(
        name=as_text(project.get("title")) or "Vikunja",
        parent=str(above) if above else None,
        colour=_parse_colour(project),
        archived=project.get("is_archived") is True,
    )
    source.add_project(key, draft)


def _parse_task(
    task: Json, project: str, source: ParsedFile, calendar: Calendar, colours: dict[str, str]
) -> ImportedTask:
    id = as_text(task.get("id"))
    where = f"task {id or len(source.tasks) + 1}"
    report_wrong_types(task, _TYPES, where, source.report)
    words = fit_title_and_notes(
        as_text(task.get("title")), strip_html(as_text(task.get("description"))), where, source.report
    )
    fields = words | {"priority": _parse_priority(task, where, source.report), **_parse_due(task, calendar)}
    fields["labels"] = list(_parse_labels(task, where, source.report, colours))
    recurrence = _parse_recurrence(task)
    if recurrence and "due_date" in fields:
        fields["recurrence"] = recurrence
    elif task.get("repeat_after") or task.get("repeat_mode"):
        source.report.add(where, "The recurrence was not imported: it needs whole days and a due date.")
    fields["reminders"] = list(_parse_reminders(task, where, source))
    _report_losses(task, where, source.report)
    return ImportedTask(
        key=id or where,
        where=where,
        fields=fields,
        project=project,
        done=task.get("done") is True,
        created_at=parse_instant(task.get("created")),
        completed_at=parse_instant(task.get("done_at")),
    )


def _report_losses(task: Json, where: str, report: ImportReport) -> None:
    there = {name: value for name, value in task.items() if not str(value)[:20].startswith(NO_TIME)}
    report_unsupported(there, _UNSUPPORTED, where, report)
    related = task.get("related_tasks")
    for kind, others in related.items() if isinstance(related, dict) else ():
        if others and kind not in ("subtask", "parenttask"):
            report.add(where, f"Not imported: the relation “{str(kind)[:40]}”.")


def _report_filters(filters: Any, report: ImportReport) -> None:
    for each in iterate_objects({"filters": filters}, "filters", "filters.json", report):
        name = as_text(each.get("title"))[:60]
        report.add("filters.json", f"Not imported: the filter “{name}”; it has to be created again here.")


def _parse_priority(task: Json, where: str, report: ImportReport) -> int:
    number = parse_integer(task.get("priority")) or 0
    if number not in _PRIORITIES:
        report.add(where, f"Unknown priority {number}; it has none.")
    return _PRIORITIES.get(number, 0)


def _parse_labels(task: Json, where: str, report: ImportReport, colours: dict[str, str]) -> Iterator[str]:
    for label in iterate_objects(task, "labels", where, report):
        name, colour = as_text(label.get("title")), _parse_colour(label)
        if name and colour:
            colours.setdefault(name, colour)
        if name:
            yield name


def _parse_colour(holder: Json) -> str | None:
    match = _COLOUR.fullmatch(as_text(holder.get("hex_color")))
    return f"#{match[1].lower()}" if match else None


def _parse_due(task: Json, calendar: Calendar) -> dict[str, Any]:
    """Vikunja knows instants only; one at midnight stands for a date."""
    due = parse_instant(task.get("due_date"))
    if due is None:
        return {}
    try:
        wall = due.astimezone(ZoneInfo(calendar.zone))
    except OverflowError:
        return {}
    clock = wall.time().replace(second=0, microsecond=0)
    return {"due_date": wall.date()} | ({"due_time": clock} if clock.hour or clock.minute else {})


def _parse_recurrence(task: Json) -> dict[str, str] | None:
    seconds, mode = parse_integer(task.get("repeat_after")) or 0, parse_integer(task.get("repeat_mode")) or 0
    if mode == 1:
        return {"rule": "FREQ=MONTHLY"}
    for length, frequency in _INTERVALS:
        times, left = divmod(seconds, length)
        if 0 < times <= MAX_INTERVAL and not left:
            rule = f"FREQ={frequency}" + (f";INTERVAL={times}" if times > 1 else "")
            return {"rule": rule, "from": "completion" if mode == 2 else "due"}
    return None


def _parse_reminders(task: Json, where: str, source: ParsedFile) -> Iterator[dict[str, Any]]:
    for reminder in iterate_objects(task, "reminders", where, source.report):
        period, at = parse_integer(reminder.get("relative_period")), parse_instant(reminder.get("reminder"))
        if reminder.get("relative_to") == "due_date" and period is not None and period <= 0:
            yield {"minutes_before": -period // 60}
        elif at:
            yield {"at": at.isoformat()}
        else:
            source.report.add(where, "A reminder was not imported.")


def _link_subtasks(document: list[Json], source: ParsedFile) -> None:
    """Subtasks: each task names those below it."""
    drafts = {draft.key: draft for draft in source.tasks}
    for project in document:
        for task in iterate_objects(project, "tasks", "", ImportReport()):
            for child in iterate_objects(task.get("related_tasks"), "subtask", "", ImportReport()):
                draft = drafts.get(as_text(child.get("id")))
                if draft and draft.parent is None and draft.key != as_text(task.get("id")):
                    draft.parent = as_text(task.get("id"))
