"""Filters and sort orders as they come in requests: what is wrong is told with its place."""

from collections.abc import Callable
from typing import TypeVar

from servicekit.errors import Invalid
from task_service.filtering.ast import Node
from task_service.filtering.errors import FilterError
from task_service.filtering.parser import parse_filter
from task_service.filtering.sorting import Sort, parse_sort

T = TypeVar("T")


def validate_filter(pointer: str, text: str) -> Node:
    """The tree of a filter. Raises `Invalid`, for the place `pointer` in the request."""
    return report_position(pointer, "filter-invalid", lambda: parse_filter(text))


def validate_sort(pointer: str, text: str) -> Sort:
    """A sort order. Raises `Invalid`, for the place `pointer` in the request."""
    return report_position(pointer, "sort-invalid", lambda: parse_sort(text))


def report_position(pointer: str, code: str, read: Callable[[], T]) -> T:
    """What `read` gives; a `FilterError` becomes `Invalid`."""
    try:
        return read()
    except FilterError as error:
        raise Invalid.field(pointer, error.message, code=code, position=error.position) from error
