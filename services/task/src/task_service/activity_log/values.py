"""What the activity of a task tells of its values."""

from collections.abc import Mapping
from typing import Any

UNREMARKABLE = frozenset({"version", "updated_at", "subtasks_done", "subtasks_total"})
"""Fields whose change alone is no activity."""
_NOTHING: tuple[Any, ...] = (None, "", [], 0, False)


def given(values: Mapping[str, Any]) -> dict[str, Any]:
    """Of the values of a new task, those it was given."""
    return {
        name: value for name, value in values.items() if value not in _NOTHING and name not in UNREMARKABLE
    }
