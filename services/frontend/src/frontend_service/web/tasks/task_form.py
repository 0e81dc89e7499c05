"""The fields of a task as a form shows them, and as the task service takes them.

Nothing is checked here: what can't be read goes to the service as it is, and its response names the field.
"""

import re
from collections.abc import Callable, Mapping

from contracts.api.tasks import TaskRead
from frontend_service.web.tasks import reminder_text
from frontend_service.web.three_way_merge import Fields

NAMES = ("title", "notes", "priority", "labels", "due_date", "due_time", "reminders", "project_id")
PRIORITIES = {"4": "Urgent", "3": "High", "2": "Medium", "1": "Low", "0": "None"}
LABELS = {
    "title": "Title",
    "notes": "Notes",
    "priority": "Priority",
    "labels": "Labels",
    "due_date": "Date",
    "due_time": "Time",
    "reminders": "Reminders",
    "project_id": "Project",
}


_AROUND_A_LABEL = re.compile(r"^[#\s]+|\s+$")


def to_fields(task: TaskRead) -> Fields:
    """A task of the API as form fields."""
    return {
        "title": _to_one_line(task["title"]),
        "notes": _normalize_newlines(task["notes"]),
        "priority": str(task["priority"]),
        "labels": _format_labels(", ".join(task["labels"])),
        "due_date": task["due_date"] or "",
        "due_time": (task["due_time"] or "").removesuffix(":00"),
        "reminders": reminder_text.format_reminders(task["reminders"]),
        "project_id": task["project_id"] or "",
    }


def from_form(form: Fields, base: Fields) -> Fields:
    """Posted fields, written as `to_fields` writes them. Who takes the date away means the time, too."""
    fields = {name: form.get(name, "") for name in NAMES}
    fields["title"] = _to_one_line(fields["title"]).strip()
    fields["notes"] = _normalize_newlines(fields["notes"])
    fields["labels"] = _format_labels(fields["labels"])
    fields["reminders"] = reminder_text.format_reminders(reminder_text.parse_reminders(fields["reminders"]))
    if base.get("due_date") and not fields["due_date"]:
        fields["due_time"] = ""
    return fields


def build_patch(fields: Fields) -> dict[str, object]:
    """Form fields as a JSON merge-patch."""
    return {name: _TO_API.get(name, str)(value) for name, value in fields.items()}


def _to_one_line(text: str) -> str:
    """What a browser makes of a text in an input of one line."""
    return text.replace("\r", "").replace("\n", "")


def _normalize_newlines(text: str) -> str:
    """What is left of a text that went through a text area."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _format_labels(text: str) -> str:
    return ", ".join(_parse_labels(text))


def _parse_labels(text: str) -> list[str]:
    words = (_AROUND_A_LABEL.sub("", word) for word in text.split(","))
    return list(dict.fromkeys(word for word in words if word))


def _parse_priority(text: str) -> int | str:
    return int(text) if text.isdecimal() and len(text) == 1 else text


def _none_if_empty(text: str) -> str | None:
    return text or None


_TO_API: Mapping[str, Callable[[str], object]] = {
    "priority": _parse_priority,
    "labels": _parse_labels,
    "due_date": _none_if_empty,
    "due_time": _none_if_empty,
    "reminders": reminder_text.parse_reminders,
    "project_id": _none_if_empty,
}
