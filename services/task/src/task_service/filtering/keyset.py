"""Keyset pagination (the "seek method"): a page starts after the sort key of the last row of the page before.

Unlike OFFSET it costs the same for every page, as an index leads to the key, and rows that are inserted or
deleted meanwhile neither repeat nor hide others. It needs a total order, so the id is always the last key.

What a task lacks sorts as if it came after everything: without a date it is due last, an open task is
completed last; downwards it comes first. Titles are sorted by their first letters, then by id.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Integer, and_, cast, func, literal, literal_column, or_, tuple_

from contracts.folding import search_key
from task_service.filtering.columns import TASK, TEXT
from task_service.filtering.sorting import Sort
from task_service.models import NEVER

TITLE_LETTERS = 100
"""Characters of a title's search key that are sorted by: an index entry has no room for a whole title
(PostgreSQL takes 2,704 bytes in a B-tree)."""
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
"""Sort field → the task attribute a cursor stores, and how its value is stored."""


def order_by(sort: Sort) -> list[ColumnElement[Any]]:
    """The ORDER BY clause of `sort`."""
    pairs = zip(_sort_columns(sort), sort.descending, strict=True)
    return [column.desc() if down else column.asc() for column, down in pairs]


def after(sort: Sort, last: Sequence[Any]) -> ColumnElement[bool]:
    """The condition that a row sorts after the one whose key values are `last`.

    All keys in one direction make a row value comparison, `(a, b) > (x, y)`, which one index serves. Mixed
    directions have none in SQL; they are written out: `a > x OR (a = x AND (b < y OR …))`.
    """
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
    """The key values of a task, to be stored in a cursor; `read` returns its attributes by name."""
    return [form(read(name)) for name, form in map(_VALUES.__getitem__, sort.fields)]


def key_fields(sort: Sort) -> list[str]:
    """Names of the attributes that `key_values` reads."""
    return [_VALUES[field][0] for field in sort.fields]


def _sort_columns(sort: Sort) -> list[ColumnElement[Any]]:
    """All from one table, so that one index can serve them: with titles the id is that of `task_text`."""
    ids = TEXT.task_id if "title" in sort.fields else TASK.id
    return [ids if field == "id" else COLUMNS[field] for field in sort.fields]


def _is_after(column: ColumnElement[Any], value: ColumnElement[Any], falls: bool) -> ColumnElement[bool]:
    return column < value if falls else column > value
