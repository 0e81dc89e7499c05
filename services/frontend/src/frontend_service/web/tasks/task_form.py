"""The fields of a task as a form shows them, and as the task service takes them.

Nothing is checked here: what can't be read goes to the service as it is, and its answer names the field.
"""

import re
from typing import Any

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


def shown(task: dict[str, Any]) -> Fields:
    """A task of the API as form fields."""
    return {
        "title": _one_line(task["title"]),
        "notes": _lines(task["notes"]),
        "priority": str(task["priority"]),
        "labels": _labels_text(", ".join(task["labels"])),
        "due_date": task["due_date"] or "",
        "due_time": (task["due_time"] or "").removesuffix(":00"),
        "reminders": reminder_text.shown(task["reminders"]),
        "project_id": task["project_id"] or "",
    }


def entered(form: Fields, base: Fields) -> Fields:
    """Posted fields, written as `shown` writes them. Who takes the date away means the time, too."""
    fields = {name: form.get(name, "") for name in NAMES}
    fields["title"] = _one_line(fields["title"]).strip()
    fields["notes"] = _lines(fields["notes"])
    fields["labels"] = _labels_text(fields["labels"])
    fields["reminders"] = reminder_text.shown(reminder_text.entered(fields["reminders"]))
    if base.get("due_date") and not fields["due_date"]:
        fields["due_time"] = ""
    return fields


def patch_of(fields: Fields) -> dict[str, Any]:
    """Form fields as a JSON merge-patch."""
    return {name: _TO_API.get(name, str)(value) for name, value in fields.items()}


def _one_line(text: str) -> str:
    """What a browser makes of a text in an input of one line."""
    return text.replace("\r", "").replace("\n", "")


def _lines(text: str) -> str:
    """What is left of a text that went through a text area."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _labels_text(text: str) -> str:
    return ", ".join(_labels(text))


def _labels(text: str) -> list[str]:
    words = (_AROUND_A_LABEL.sub("", word) for word in text.split(","))
    return list(dict.fromkeys(word for word in words if word))


def _priority(text: str) -> int | str:
    return int(text) if text.isdecimal() and len(text) == 1 else text


def _or_none(text: str) -> str | None:
    return text or None


_TO_API: dict[str, Any] = {
    "priority": _priority,
    "labels": _labels,
    "due_date": _or_none,
    "due_time": _or_none,
    "reminders": reminder_text.entered,
    "project_id": _or_none,
}
