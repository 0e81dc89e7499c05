"""Sort orders in SQL: where a page begins, and what a row is sorted by.

What a task lacks sorts as if it came after everything: without a date it is due last, an open task is
completed last; downwards it comes first.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Integer, and_, cast, func, literal, or_, tuple_

from task_service.filtering.columns import TASK, TEXT
from task_service.filtering.sorting import Sort
from task_service.folding import fold
from task_service.models import NEVER, Task

_COMPLETED, _DELETED = TASK.completed_at, TASK.deleted_at
COLUMNS: Mapping[str, ColumnElement[Any]] = {
    "priority": TASK.priority,
    "due": TASK.due_by,
    "created": TASK.created_at,
    "updated": TASK.updated_at,
    "completed": func.coalesce(_COMPLETED, literal(NEVER, _COMPLETED.type)),
    "deleted": func.coalesce(_DELETED, literal(NEVER, _DELETED.type)),
    "title": TEXT.title,
    "position": TASK.position,
    "done": cast(TASK.done, Integer),
    "id": TASK.id,
}
_VALUES: Mapping[str, Callable[[Task], Any]] = {
    "priority": lambda task: task.priority,
    "due": lambda task: task.due_by,
    "created": lambda task: task.created_at,
    "updated": lambda task: task.updated_at,
    "completed": lambda task: task.completed_at or NEVER,
    "deleted": lambda task: task.deleted_at or NEVER,
    "title": lambda task: fold(task.title),
    "position": lambda task: task.position,
    "done": lambda task: int(task.done),
    "id": lambda task: task.id,
}


def order(sort: Sort) -> list[ColumnElement[Any]]:
    """What to order by."""
    pairs = zip(sort.fields, sort.descending, strict=True)
    return [COLUMNS[field].desc() if down else COLUMNS[field].asc() for field, down in pairs]


def behind(sort: Sort, last: Sequence[Any]) -> ColumnElement[bool]:
    """That a row comes behind the one with the sort values `last`."""
    columns, down = [COLUMNS[field] for field in sort.fields], sort.descending
    values = [literal(value, column.type) for value, column in zip(last, columns, strict=True)]
    if len(set(down)) == 1:
        left, right = tuple_(*columns), tuple_(*values)
        return left < right if down[0] else left > right
    found = _beyond(columns[-1], values[-1], down[-1])
    for column, value, falls in list(zip(columns, values, down, strict=True))[-2::-1]:
        found = or_(_beyond(column, value, falls), and_(column == value, found))
    return found


def values(sort: Sort, task: Task) -> list[Any]:
    """The sort values of `task`, for a cursor."""
    return [_VALUES[field](task) for field in sort.fields]


def _beyond(column: ColumnElement[Any], value: ColumnElement[Any], falls: bool) -> ColumnElement[bool]:
    return column < value if falls else column > value
