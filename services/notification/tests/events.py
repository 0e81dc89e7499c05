"""Task events as the task service tells them."""

from datetime import UTC, datetime
from typing import Any

from contracts.imports import ImportFinished
from contracts.task import TaskEvent, TaskSnapshot


def event(
    kind: type[TaskEvent], title: str = "milk", user: str = "ada", *, extra: Any = None, **fields: Any
) -> TaskEvent:
    """An event of `kind` about a task with these fields; extra: fields of the event itself."""
    now = datetime.now(UTC)
    required = (name for name, each in TaskSnapshot.model_fields.items() if each.is_required())
    empty: dict[str, Any] = dict.fromkeys(required)
    values = empty | {"id": "t1", "title": title, "notes": "", "done": False, "priority": 0, "labels": []}
    values |= {"position": "a", "version": 1, "created_at": now, "updated_at": now, "reminders": []}
    return kind(user_id=user, task=TaskSnapshot(**values | fields), **(extra or {}))


def imported(user: str = "ada", **fields: Any) -> ImportFinished:
    """An import that went well, unless these fields say otherwise."""
    values: dict[str, Any] = {"import_id": "i1", "source": "Todoist", "added": 1, "skipped": 0, "losses": 0}
    values |= {"failure": "", "finished_at": datetime.now(UTC)}
    return ImportFinished(user_id=user, **values | fields)
