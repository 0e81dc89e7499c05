"""Keyset pagination: a cursor names the last row seen, so nothing is skipped or shown twice.

The next page is `WHERE (sort values) > (those of the cursor) ORDER BY … LIMIT n + 1`: it costs the same for
each page, unlike `OFFSET`, and rows that come or go meanwhile move no others (https://use-the-index-luke.com/no-offset).
"""

import base64
import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Generic, TypeVar

import orjson
from fastapi import Query

from servicekit.errors import Invalid
from servicekit.web.schemas import ResponseModel

T = TypeVar("T")

Limit = Annotated[int, Query(ge=1, le=200, description="Items a page")]
CursorParam = Annotated[str | None, Query(max_length=1000, description="`next_cursor` of the page before")]


class Page(ResponseModel, Generic[T]):
    """One page of a list; `next_cursor` is null on the last one."""

    items: list[T]
    """What is on this page, in the order of the list."""
    next_cursor: str | None
    """For the parameter `cursor`, to get the next page; null on the last one."""


def encode_cursor(last: Sequence[Any], *, scope: str) -> str:
    """A cursor after the row with sort values `last`; good only for the list `scope` names."""
    return base64.urlsafe_b64encode(orjson.dumps([_hash_scope(scope), *last])).decode().rstrip("=")


def decode_cursor(cursor: str, *, scope: str, values: int) -> list[Any]:
    """The sort values in `cursor`. Raises `Invalid` if it is not one, or belongs to another list."""
    try:
        binding, *last = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, TypeError) as error:
        raise Invalid.field("?cursor", "The cursor is not valid.", code="cursor-invalid") from error
    if binding != _hash_scope(scope) or len(last) != values:
        raise Invalid.field("?cursor", "This cursor belongs to another list.", code="cursor-invalid")
    return list(last)


def parse_time_and_id(last: Sequence[Any]) -> tuple[datetime, str]:
    """The time and the id in a decoded cursor. Raises `Invalid` for anything else."""
    try:
        return datetime.fromisoformat(last[0]).astimezone(UTC), str(last[1])
    except (TypeError, ValueError, OverflowError) as error:
        raise Invalid.field("?cursor", "The cursor is not valid.", code="cursor-invalid") from error


def paginate(rows: Sequence[T], limit: int) -> tuple[Sequence[T], T | None]:
    """Cut `limit + 1` fetched rows to a page; the second value is its last row if more follow."""
    if len(rows) <= limit:
        return rows, None
    return rows[:limit], rows[limit - 1]


def _hash_scope(scope: str) -> str:
    return hashlib.sha256(scope.encode()).hexdigest()[:8]
