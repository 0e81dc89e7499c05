"""Vikunja's export: `data.json`, a list of projects with their tasks."""

import html
import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from task_service.quickadd import Calendar
from task_service.transfer.source import Draft, ProjectDraft, Source, Unreadable, instant, titled

Json = Mapping[str, Any]

_PRIORITIES = {1: 1, 2: 2, 3: 3, 4: 4, 5: 4}
"""Theirs: 1 low, 2 medium, 3 high, 4 urgent, 5 do now."""
_BREAKS = re.compile(r"</(?:p|div|li|h[1-6])>|<br ?/?>", re.I)
_TAGS = re.compile(r"<[^>]*>")
_DAY = 86400
_INTERVALS = ((7 * _DAY, "WEEKLY"), (_DAY, "DAILY"))
MAX_INTERVAL = 1000
NO_TIME = "0001-01-01"
_LOST = {
    "attachments": "attachments",
    "comments": "comments",
    "assignees": "who it is assigned to",
    "start_date": "the start date",
    "end_date": "the end date",
    "percent_done": "the progress in percent",
}


def read(document: Any, calendar: Calendar) -> Source:
    """Times are put on the wall of the calendar's zone, where they float. Raises `Unreadable`."""
    if not isinstance(document, list) or not all(isinstance(each, dict) for each in document):
        raise Unreadable("Vikunja's data.json is a list of projects.")
    source = Source("vikunja-json")
    for project in document:
        key = str(project.get("id"))
        above = project.get("parent_project_id")
        source.projects[key] = ProjectDraft(
            name=str(project.get("title") or "Vikunja"),
            parent=str(above) if above else None,
            archived=project.get("is_archived") is True,
        )
        for task in _objects(project.get("tasks")):
            source.tasks.append(_draft(task, key, source, calendar))
    _nest(document, source)
    return source


def _draft(task: Json, project: str, source: Source, calendar: Calendar) -> Draft:
    where = f"task {task.get('id')}"
    words = titled(
        str(task.get("title") or ""), _plain(str(task.get("description") or "")), where, source.report
    )
    fields = words | {
        "priority": _PRIORITIES.get(task.get("priority") or 0, 0),
        "labels": [str(label.get("title")) for label in _objects(task.get("labels"))],
        **_due(task, calendar),
    }
    recurrence = _recurrence(task)
    if recurrence and "due_date" in fields:
        fields["recurrence"] = recurrence
    elif task.get("repeat_after") or task.get("repeat_mode"):
        source.report.say(where, "How it repeats was not taken over: only whole days, from a due date, are.")
    fields["reminders"] = list(_reminders(task, where, source))
    for name, what in _LOST.items():
        if task.get(name) and not str(task[name]).startswith(NO_TIME):
            source.report.say(where, f"Not taken over: {what}.")
    return Draft(
        key=str(task.get("id")),
        where=where,
        fields=fields,
        project=project,
        done=task.get("done") is True,
        created_at=instant(task.get("created")),
        completed_at=instant(task.get("done_at")),
    )


def _due(task: Json, calendar: Calendar) -> dict[str, Any]:
    """Vikunja knows instants only; one at midnight stands for a date."""
    due = instant(task.get("due_date"))
    if due is None:
        return {}
    wall = due.astimezone(ZoneInfo(calendar.zone))
    clock = wall.time().replace(second=0, microsecond=0)
    return {"due_date": wall.date()} | ({"due_time": clock} if clock.hour or clock.minute else {})


def _recurrence(task: Json) -> dict[str, str] | None:
    seconds, mode = int(task.get("repeat_after") or 0), int(task.get("repeat_mode") or 0)
    if mode == 1:
        return {"rule": "FREQ=MONTHLY"}
    for length, frequency in _INTERVALS:
        times, left = divmod(seconds, length)
        if times and not left and times <= MAX_INTERVAL:
            rule = f"FREQ={frequency}" + (f";INTERVAL={times}" if times > 1 else "")
            return {"rule": rule, "from": "completion" if mode == 2 else "due"}
    return None


def _reminders(task: Json, where: str, source: Source) -> Iterator[dict[str, Any]]:
    for reminder in _objects(task.get("reminders")):
        period, at = reminder.get("relative_period"), instant(reminder.get("reminder"))
        if reminder.get("relative_to") == "due_date" and isinstance(period, int) and period <= 0:
            yield {"minutes_before": int(timedelta(seconds=-period).total_seconds() // 60)}
        elif at:
            yield {"at": at.isoformat()}
        else:
            source.report.say(where, "A reminder was not taken over.")


def _nest(document: list[Json], source: Source) -> None:
    """Subtasks: each task names those below it."""
    drafts = {draft.key: draft for draft in source.tasks}
    for project in document:
        for task in _objects(project.get("tasks")):
            related = task.get("related_tasks")
            below = related.get("subtask") if isinstance(related, dict) else None
            for child in _objects(below):
                draft = drafts.get(str(child.get("id")))
                if draft and draft.parent is None:
                    draft.parent = str(task.get("id"))


def _plain(text: str) -> str:
    """Their descriptions are HTML."""
    if not text.lstrip().startswith("<"):
        return text
    lines = html.unescape(_TAGS.sub("", _BREAKS.sub("\n", text))).splitlines()
    return "\n".join(line.rstrip() for line in lines).strip()


def _objects(value: Any) -> list[Json]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
