"""The newest of a list, as many as a page shows: “more” shows the same page with more on it."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from contracts.api.page import Page

PAGE = 50
LARGEST_READ = 200
MOST_SHOWN = 2000

T = TypeVar("T")
ListPage = Callable[[int, str], Awaitable[Page[T]]]
"""Reads so many items of a list, from a cursor on."""


def within_limits(shown: int) -> int:
    """How many items a page shows if it is asked for `shown`: at least a page, at most `MOST_SHOWN`."""
    return max(PAGE, min(shown, MOST_SHOWN))


async def read_newest(list_page: ListPage[T], limit: int) -> tuple[list[T], bool]:
    """The first `limit` items of a list, and whether there are more. Raises what `list_page` raises."""
    found: list[T] = []
    cursor = ""
    while len(found) < limit:
        page = await list_page(min(limit - len(found), LARGEST_READ), cursor)
        found += page["items"]
        if not page["next_cursor"]:
            return found, False
        cursor = page["next_cursor"]
    return found, limit < MOST_SHOWN
