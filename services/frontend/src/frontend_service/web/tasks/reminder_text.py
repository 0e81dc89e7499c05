"""The reminders of a task as one line of text: `30 min, 1 day, 2026-05-01T08:00:00Z`."""

import re

from contracts.api.tasks import ReminderOfTaskInput as Reminder

UNITS = {"min": 1, "h": 60, "day": 24 * 60}
_BEFORE = re.compile(r"(\d{1,6})\s*(m|min|minutes?|h|hours?|d|days?)?(\s+before)?", re.IGNORECASE)


def format_reminders(reminders: list[Reminder]) -> str:
    """Each in its largest whole unit before due, or as its instant."""
    return ", ".join(_format_reminder(each) for each in reminders)


def parse_reminders(text: str) -> list[Reminder]:
    """What is written, a bare number being minutes; what can't be read is left to the service to refuse."""
    words = [word.strip() for word in text.split(",")]
    return [_parse_reminder(word) for word in words if word]


def _format_reminder(reminder: Reminder) -> str:
    minutes = reminder.get("minutes_before")
    if minutes is None:
        return str(reminder.get("at", ""))
    for unit, size in reversed(UNITS.items()):
        if minutes and minutes % size == 0:
            return f"{minutes // size} {unit}"
    return f"{minutes} min"


def _parse_reminder(word: str) -> Reminder:
    found = _BEFORE.fullmatch(word)
    if found is None:
        return {"at": word}
    unit = (found[2] or "m")[0].lower()
    return {"minutes_before": int(found[1]) * {"m": 1, "h": 60, "d": 24 * 60}[unit]}
