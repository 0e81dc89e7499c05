"""The columns that filters and sort orders use, and those of responses."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import JSON, ColumnElement, Text, cast

from task_service.models import Label, Project, Task, TaskLabel, TaskText

TASK = Task.metadata.tables["task"].c
TEXT = TaskText.metadata.tables["task_text"].c
SEARCHED_TEXT = TaskText.metadata.tables["task_text"].alias("seen")
"""The text of a task as conditions look at it, beside `TEXT`, which lists are sorted by."""
LABEL = TaskLabel.metadata.tables["task_label"].c
SEARCHED = SEARCHED_TEXT.c
LABELS = Label.metadata.tables["label"].c
PROJECT = Project.metadata.tables["project"].c


def select_columns(names: Iterable[str]) -> list[ColumnElement[Any]]:
    """These columns of a task; JSON as the text that is stored, for a driver reads it in its own slow way."""
    columns = (TASK[name] for name in names)
    return [cast(each, Text).label(each.name) if isinstance(each.type, JSON) else each for each in columns]
