"""Filters and sort orders in requests: their errors become problem details with pointer and offset."""

from collections.abc import Callable
from typing import TypeVar

from servicekit.errors import Invalid
from task_service.filtering.ast import Node
from task_service.filtering.errors import FilterError
from task_service.filtering.parser import parse_filter
from task_service.filtering.sorting import Sort, parse_sort

T = TypeVar("T")


def validate_filter(pointer: str, text: str) -> Node:
    """The AST of the filter at `pointer` in the request. Raises `Invalid`."""
    return report_position(pointer, "filter-invalid", lambda: parse_filter(text))


def validate_sort(pointer: str, text: str) -> Sort:
    """The sort order at `pointer` in the request. Raises `Invalid`."""
    return report_position(pointer, "sort-invalid", lambda: parse_sort(text))


def report_position(pointer: str, code: str, read: Callable[[], T]) -> T:
    """The result of `read`; a `FilterError` becomes `Invalid` at `pointer` with the problem code `code`."""
    try:
        return read()
    except FilterError as error:
        raise Invalid.field(pointer, error.message, code=code, position=error.position) from error
