"""What each row adds to the usage of its account, by the name of the quota."""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import inspect

from task_service.models import Label, Project, SavedFilter, Task
from task_service.quotas.sizes import size_of

Amounts = Counter[str]
REFUSING = ("tasks", "bytes_of_text", "projects", "labels", "filters")
"""Quotas that refuse what goes beyond them."""
MAKING_ROOM = ("trashed_tasks", "bytes_in_trash", "trashed_projects", "bytes_of_history")
"""Quotas that drop the oldest instead."""
ALL = (*REFUSING, *MAKING_ROOM)


def amounts_of(row: object) -> Amounts:
    """What `row` counts, as it is now."""
    return _count(row, lambda name: getattr(row, name))


def difference_of(row: object) -> Amounts:
    """What a changed `row` counts more (or less, below zero) than the database has of it."""
    if not isinstance(row, Task | Project):
        return Counter()
    replaced = _replaced(row)
    if not replaced:
        return Counter()
    found = amounts_of(row)
    found.subtract(_count(row, lambda name: replaced.get(name, getattr(row, name))))
    return found


def stored_amounts_of(row: object) -> Amounts:
    """What the database has of a `row` that is about to be deleted."""
    replaced = _replaced(row)
    return _count(row, lambda name: replaced.get(name, getattr(row, name)))


def _count(row: object, value: Callable[[str], Any]) -> Amounts:
    match row:
        case Task():
            text = size_of(value("title")) + size_of(value("notes"))
            if value("deleted_at") is None:
                return Counter(tasks=1, bytes_of_text=text)
            return Counter(trashed_tasks=1, bytes_in_trash=text)
        case Project():
            return Counter(projects=1) if value("deleted_at") is None else Counter(trashed_projects=1)
        case Label():
            return Counter(labels=1)
        case SavedFilter():
            return Counter(filters=1)
    return Counter()


_COUNTED: Mapping[type, tuple[str, ...]] = {Task: ("title", "notes", "deleted_at"), Project: ("deleted_at",)}


def _replaced(row: object) -> dict[str, Any]:
    """The stored values of the fields that count and have changed."""
    attributes = inspect(row).attrs
    histories = ((name, attributes[name].history) for name in _COUNTED.get(type(row), ()))
    return {name: history.deleted[0] for name, history in histories if history.deleted}
