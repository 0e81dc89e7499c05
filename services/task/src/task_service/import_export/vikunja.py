"""Vikunja's export: `data.json`, a list of projects with their tasks, and `filters.json`."""

import re
from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

from task_service.import_export.html_text import plain
from task_service.import_export.json_values import Json, objects, tell_lost, tell_types, text
from task_service.import_export.limits import MAX_LABELS
from task_service.import_export.parsed_file import (
    Draft,
    ProjectDraft,
    Report,
    Source,
    Unreadable,
    instant,
    titled,
    whole_number,
)
from task_service.quickadd import Calendar

_PRIORITIES = {0: 0, 1: 1, 2: 2, 3: 3, 4: 4, 5: 4}
"""Theirs: 1 low, 2 medium, 3 high, 4 urgent, 5 do now."""
_DAY = 86400
_INTERVALS = ((7 * _DAY, "WEEKLY"), (_DAY, "DAILY"))
MAX_INTERVAL = 1000
NO_TIME = "0001-01-01"
_COLOUR = re.compile(r"#?([0-9a-fA-F]{6})")
_LOST = {
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
_LOST_OF_A_PROJECT = {
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


def is_one(document: Any) -> bool:
    """Any other list of objects is not: each here is a project that has its tasks with it."""
    return (
        isinstance(document, list)
        and bool(document)
        and all(isinstance(each, dict) and "title" in each and "tasks" in each for each in document)
    )


def read(document: Any, calendar: Calendar, filters: Any) -> Source:
    """Times are put on the wall of the calendar's zone, where they float. Raises `Unreadable`.

    filters: what `filters.json` holds, if it is there.
    """
    if not is_one(document):
        raise Unreadable("Vikunja's data.json is a list of projects, each with a title and its tasks.")
    source = Source("vikunja-json")
    colours: dict[str, str] = {}
    for project in document:
        key = text(project.get("id")) or f"project {len(source.projects) + 1}"
        _add_project(project, key, source)
        for task in objects(project, "tasks", f"project {key}", source.report):
            source.add_task(_draft(task, key, source, calendar, colours))
    source.labels = [{"name": name, "colour": colour} for name, colour in colours.items()][:MAX_LABELS]
    _nest(document, source)
    _tell_filters(filters, source.report)
    return source


def _add_project(project: Json, key: str, source: Source) -> None:
    above, where = whole_number(project.get("parent_project_id")), f"project {key}"
    tell_lost(project, _LOST_OF_A_PROJECT, where, source.report)
    draft = ProjectDraft(
        name=text(project.get("title")) or "Vikunja",
        parent=str(above) if above else None,
        colour=_colour(project),
        archived=project.get("is_archived") is True,
    )
    source.add_project(key, draft)


def _draft(task: Json, project: str, source: Source, calendar: Calendar, colours: dict[str, str]) -> Draft:
    id = text(task.get("id"))
    where = f"task {id or len(source.tasks) + 1}"
    tell_types(task, _TYPES, where, source.report)
    words = titled(text(task.get("title")), plain(text(task.get("description"))), where, source.report)
    fields = words | {"priority": _priority(task, where, source.report), **_due(task, calendar)}
    fields["labels"] = list(_labels(task, where, source.report, colours))
    recurrence = _recurrence(task)
    if recurrence and "due_date" in fields:
        fields["recurrence"] = recurrence
    elif task.get("repeat_after") or task.get("repeat_mode"):
        source.report.say(where, "How it repeats was not taken over: only whole days, from a due date, are.")
    fields["reminders"] = list(_reminders(task, where, source))
    _tell_losses(task, where, source.report)
    return Draft(
        key=id or where,
        where=where,
        fields=fields,
        project=project,
        done=task.get("done") is True,
        created_at=instant(task.get("created")),
        completed_at=instant(task.get("done_at")),
    )


def _tell_losses(task: Json, where: str, report: Report) -> None:
    there = {name: value for name, value in task.items() if not str(value)[:20].startswith(NO_TIME)}
    tell_lost(there, _LOST, where, report)
    related = task.get("related_tasks")
    for kind, others in related.items() if isinstance(related, dict) else ():
        if others and kind not in ("subtask", "parenttask"):
            report.say(where, f"Not taken over: the relation “{str(kind)[:40]}”.")


def _tell_filters(filters: Any, report: Report) -> None:
    for each in objects({"filters": filters}, "filters", "filters.json", report):
        name = text(each.get("title"))[:60]
        report.say("filters.json", f"Not taken over: the filter “{name}”; it has to be written anew here.")


def _priority(task: Json, where: str, report: Report) -> int:
    said = whole_number(task.get("priority")) or 0
    if said not in _PRIORITIES:
        report.say(where, f"There is no priority {said}; it has none.")
    return _PRIORITIES.get(said, 0)


def _labels(task: Json, where: str, report: Report, colours: dict[str, str]) -> Iterator[str]:
    for label in objects(task, "labels", where, report):
        name, colour = text(label.get("title")), _colour(label)
        if name and colour:
            colours.setdefault(name, colour)
        if name:
            yield name


def _colour(holder: Json) -> str | None:
    match = _COLOUR.fullmatch(text(holder.get("hex_color")))
    return f"#{match[1].lower()}" if match else None


def _due(task: Json, calendar: Calendar) -> dict[str, Any]:
    """Vikunja knows instants only; one at midnight stands for a date."""
    due = instant(task.get("due_date"))
    if due is None:
        return {}
    try:
        wall = due.astimezone(ZoneInfo(calendar.zone))
    except OverflowError:
        return {}
    clock = wall.time().replace(second=0, microsecond=0)
    return {"due_date": wall.date()} | ({"due_time": clock} if clock.hour or clock.minute else {})


def _recurrence(task: Json) -> dict[str, str] | None:
    seconds, mode = whole_number(task.get("repeat_after")) or 0, whole_number(task.get("repeat_mode")) or 0
    if mode == 1:
        return {"rule": "FREQ=MONTHLY"}
    for length, frequency in _INTERVALS:
        times, left = divmod(seconds, length)
        if 0 < times <= MAX_INTERVAL and not left:
            rule = f"FREQ={frequency}" + (f";INTERVAL={times}" if times > 1 else "")
            return {"rule": rule, "from": "completion" if mode == 2 else "due"}
    return None


def _reminders(task: Json, where: str, source: Source) -> Iterator[dict[str, Any]]:
    for reminder in objects(task, "reminders", where, source.report):
        period, at = whole_number(reminder.get("relative_period")), instant(reminder.get("reminder"))
        if reminder.get("relative_to") == "due_date" and period is not None and period <= 0:
            yield {"minutes_before": -period // 60}
        elif at:
            yield {"at": at.isoformat()}
        else:
            source.report.say(where, "A reminder was not taken over.")


def _nest(document: list[Json], source: Source) -> None:
    """Subtasks: each task names those below it."""
    drafts = {draft.key: draft for draft in source.tasks}
    for project in document:
        for task in objects(project, "tasks", "", Report()):
            for child in objects(task.get("related_tasks"), "subtask", "", Report()):
                draft = drafts.get(text(child.get("id")))
                if draft and draft.parent is None and draft.key != text(task.get("id")):
                    draft.parent = text(task.get("id"))
