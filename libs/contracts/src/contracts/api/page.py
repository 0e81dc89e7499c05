"""A page of a list, as every list of the API has it."""

from typing import Generic, TypedDict, TypeVar

T = TypeVar("T")


class Page(TypedDict, Generic[T]):
    items: list[T]
    next_cursor: str | None
    """Where the next page begins; None on the last one."""
