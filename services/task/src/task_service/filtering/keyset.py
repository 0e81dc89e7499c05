"""Sort orders in SQL: where a page begins, and what a row is sorted by.

What a task lacks sorts as if it came after everything: without a date it is due last, an open task is
completed last; downwards it comes first. Titles stand by their first letters, then by id.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Integer, and_, cast, func, literal, literal_column, or_, tuple_

from contracts.folding import search_key
from task_service.filtering.columns import TASK, TEXT
from task_service.filtering.sorting import Sort
from task_service.models import NEVER

TITLE_LETTERS = 100
"""Of a folded title that decide where a task stands; an entry of an index has no room for all."""
_COMPLETED, _DELETED = TASK.completed_at, TASK.deleted_at
COLUMNS: Mapping[str, ColumnElement[Any]] = {
    "priority": TASK.priority,
    "due": TASK.due_by,
    "created": TASK.created_at,
    "updated": TASK.updated_at,
    "completed": func.coalesce(_COMPLETED, literal(NEVER, _COMPLETED.type)),
    "deleted": func.coalesce(_DELETED, literal(NEVER, _DELETED.type)),
    "title": literal_column(f"substr(task_text.title, 1, {TITLE_LETTERS})", TEXT.title.type),
    "position": TASK.position,
    "done": cast(TASK.done, Integer),
    "id": TASK.id,
}
_VALUES: Mapping[str, tuple[str, Callable[[Any], Any]]] = {
    "priority": ("priority", lambda value: value),
    "due": ("due_by", lambda value: value),
    "created": ("created_at", lambda value: value),
    "updated": ("updated_at", lambda value: value),
    "completed": ("completed_at", lambda value: value or NEVER),
    "deleted": ("deleted_at", lambda value: value or NEVER),
    "title": ("title", lambda value: search_key(value)[:TITLE_LETTERS]),
    "position": ("position", lambda value: value),
    "done": ("done", int),
    "id": ("id", lambda value: value),
}
"""What of a task a cursor keeps: of which field, in which form."""


def order_by(sort: Sort) -> list[ColumnElement[Any]]:
    """What to order by."""
    pairs = zip(_sort_columns(sort), sort.descending, strict=True)
    return [column.desc() if down else column.asc() for column, down in pairs]


def after(sort: Sort, last: Sequence[Any]) -> ColumnElement[bool]:
    """That a row comes behind the one with the sort values `last`."""
    columns, down = _sort_columns(sort), sort.descending
    values = [literal(value, column.type) for value, column in zip(last, columns, strict=True)]
    if len(set(down)) == 1:
        left, right = tuple_(*columns), tuple_(*values)
        return left < right if down[0] else left > right
    found = _is_after(columns[-1], values[-1], down[-1])
    for column, value, falls in list(zip(columns, values, down, strict=True))[-2::-1]:
        found = or_(_is_after(column, value, falls), and_(column == value, found))
    return found


def key_values(sort: Sort, read: Callable[[str], Any]) -> list[Any]:
    """The sort values of a task, for a cursor; `read` gives its fields."""
    return [form(read(name)) for name, form in map(_VALUES.__getitem__, sort.fields)]


def key_fields(sort: Sort) -> list[str]:
    """Names of the fields that `key_values` reads."""
    return [_VALUES[field][0] for field in sort.fields]


def _sort_columns(sort: Sort) -> list[ColumnElement[Any]]:
    """Of one table, where one index can serve them all."""
    ids = TEXT.task_id if "title" in sort.fields else TASK.id
    return [ids if field == "id" else COLUMNS[field] for field in sort.fields]


def _is_after(column: ColumnElement[Any], value: ColumnElement[Any], falls: bool) -> ColumnElement[bool]:
    return column < value if falls else column > value
