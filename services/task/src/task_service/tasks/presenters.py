"""Presents rows as tasks of the API, byte for byte what `TaskRead` would serialise.

Building a model for each task, which the route validates again, cost more than all the rest of a list. Tests
compare this with the model.
"""

from collections.abc import Callable, Collection, Iterable
from datetime import time
from typing import Any

import orjson
from pydantic import TypeAdapter

from servicekit.persistence.prepared_queries import Row
from task_service.tasks.schemas import ReminderOfTask, TaskRead

TASK_FIELDS = tuple(TaskRead.model_fields)
_NO_ITEMS = "[]"
_RECURRENCE = ("rule", "from", "month_end", "missed")
_REMINDERS = TypeAdapter(list[ReminderOfTask])


def present_page(
    rows: Iterable[Row], next_cursor: str | None, names: Collection[str] = TASK_FIELDS
) -> dict[str, Any]:
    """A page of tasks, each with these fields."""
    return {"items": [present_task(row, names) for row in rows], "next_cursor": next_cursor}


def present_task(row: Row, names: Collection[str] = TASK_FIELDS) -> dict[str, Any]:
    """One task with these fields."""
    content = {name: row[name] for name in names}
    for name, show in _PRESENTERS:
        if content.get(name) is not None:
            content[name] = show(content[name])
    return content


def _parse_list(stored: str) -> list[Any]:
    found: list[Any] = [] if stored == _NO_ITEMS else orjson.loads(stored)
    return found


def _present_recurrence(stored: str) -> dict[str, str]:
    known = orjson.loads(stored)
    return {name: known[name] for name in _RECURRENCE}


def _present_reminders(stored: str) -> Any:
    known = _parse_list(stored)
    return known and _REMINDERS.dump_python(_REMINDERS.validate_python(known), mode="json")


def _present_time(value: time) -> time:
    return value.replace(microsecond=0)


_PRESENTERS: tuple[tuple[str, Callable[[Any], Any]], ...] = (
    ("labels", _parse_list),
    ("due_time", _present_time),
    ("recurrence", _present_recurrence),
    ("reminders", _present_reminders),
)
"""What is stored in another form than it is shown in; JSON comes as text."""
