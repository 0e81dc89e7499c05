"""Sort orders such as `-priority,due,created`, and the values of one in a cursor."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from task_service.filtering.errors import FilterError

SORTS = ("priority", "due", "created", "updated", "completed", "deleted", "title", "position", "done")
NEWEST_FIRST = "-created"
MAX_KEYS = 5
TIMES = frozenset({"due", "created", "updated", "completed", "deleted"})
NUMBERS = frozenset({"priority", "done"})


@dataclass(frozen=True, slots=True)
class SortKey:
    """A field to sort by."""

    field: str
    descending: bool


@dataclass(frozen=True, slots=True)
class Sort:
    """Fields to sort by, the most important first; the id decides between equals."""

    keys: tuple[SortKey, ...]

    @property
    def fields(self) -> tuple[str, ...]:
        return (*(key.field for key in self.keys), "id")

    @property
    def descending(self) -> tuple[bool, ...]:
        """Of each of `fields`; ids go the way of the last key, so that an index can serve both."""
        return (*(key.descending for key in self.keys), self.keys[-1].descending)


def parse_sort(text: str) -> Sort:
    """Parse a sort order; `-` before a field sorts it downwards. Raises `FilterError` with the offset."""
    keys: list[SortKey] = []
    position = 0
    for part in text.split(","):
        keys.append(_parse_key(part, position, [key.field for key in keys]))
        position += len(part) + 1
    if len(keys) > MAX_KEYS:
        raise FilterError(f"Tasks can be sorted by at most {MAX_KEYS} fields.", 0)
    return Sort(tuple(keys))


def decode_values(fields: Sequence[str], stored: Sequence[Any]) -> list[Any]:
    """The key values stored in a cursor, as the types the database compares.

    A cursor comes from a client, so each is checked. Raises `ValueError` or `OverflowError`.
    """
    return [_decode_value(field, value) for field, value in zip(fields, stored, strict=True)]


def _parse_key(part: str, start: int, before: Sequence[str]) -> SortKey:
    position = start + len(part) - len(part.lstrip())
    name = part.strip().lower()
    field = name.removeprefix("-")
    if field not in SORTS:
        raise FilterError(f"Tasks can't be sorted by “{field}”, only by {', '.join(SORTS)}.", position)
    if field in before:
        raise FilterError(f"{field} is listed twice.", position)
    return SortKey(field, name.startswith("-"))


def _decode_value(field: str, value: Any) -> Any:
    if field in NUMBERS:
        if type(value) is not int or not 0 <= value <= 4:
            raise ValueError(value)
        return value
    if not isinstance(value, str):
        raise ValueError(value)
    if field not in TIMES:
        return value
    found = datetime.fromisoformat(value)
    if found.tzinfo is None:
        raise ValueError(value)
    return found.astimezone(UTC)
