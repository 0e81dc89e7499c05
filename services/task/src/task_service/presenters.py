"""Tasks as the API shows them, made of rows: what `TaskRead` would give of them, byte for byte.

A model for each task, checked once more by the route, cost more than all the rest of a list. Tests hold
this to the model.
"""

from collections.abc import Callable, Collection, Iterable
from datetime import time
from typing import Any

import orjson
from pydantic import TypeAdapter

from servicekit.prepared import Row
from task_service.schemas import ReminderOfTask, TaskRead

NAMES = tuple(TaskRead.model_fields)
_NO_ITEMS = "[]"
_RECURRENCE = ("rule", "from", "month_end", "missed")
_REMINDERS = TypeAdapter(list[ReminderOfTask])


def page(rows: Iterable[Row], next_cursor: str | None, names: Collection[str] = NAMES) -> dict[str, Any]:
    """A page of tasks, each with these fields."""
    return {"items": [task(row, names) for row in rows], "next_cursor": next_cursor}


def task(row: Row, names: Collection[str] = NAMES) -> dict[str, Any]:
    """One task with these fields."""
    content = {name: row[name] for name in names}
    for name, show in _SHOWN_OTHERWISE:
        if content.get(name) is not None:
            content[name] = show(content[name])
    return content


def _list(stored: str) -> list[Any]:
    found: list[Any] = [] if stored == _NO_ITEMS else orjson.loads(stored)
    return found


def _recurrence(stored: str) -> dict[str, str]:
    known = orjson.loads(stored)
    return {name: known[name] for name in _RECURRENCE}


def _reminders(stored: str) -> Any:
    known = _list(stored)
    return known and _REMINDERS.dump_python(_REMINDERS.validate_python(known), mode="json")


def _wall_clock(value: time) -> time:
    return value.replace(microsecond=0)


_SHOWN_OTHERWISE: tuple[tuple[str, Callable[[Any], Any]], ...] = (
    ("labels", _list),
    ("due_time", _wall_clock),
    ("recurrence", _recurrence),
    ("reminders", _reminders),
)
"""What is stored in another form than it is shown in; JSON comes as text."""
