"""The filter language: text → tree → one condition of SQL, with the place of every mistake."""

from task_service.filtering.errors import FilterError
from task_service.filtering.parser import parse_filter

__all__ = ["FilterError", "parse_filter"]
