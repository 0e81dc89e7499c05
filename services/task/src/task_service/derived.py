"""What is stored twice so that it can be found: kept right by the session, whoever changes a task."""

from typing import Any

from sqlalchemy import ColumnElement, Table, and_, event, inspect
from sqlalchemy.orm import Session

from contracts.folding import name_key, search_key
from task_service.models import Task, TaskLabel, TaskText

_TEXT = TaskText.metadata.tables["task_text"]
_LABELS = TaskLabel.metadata.tables["task_label"]


@event.listens_for(Session, "before_flush")
def keep(session: Session, *_: Any) -> None:
    """Write the folded text and the label index of each task about to be written."""
    for task in [each for each in session.new if isinstance(each, Task)]:
        session.add_all(rows_of(task))
    for task in [each for each in session.dirty if isinstance(each, Task)]:
        if _changed(task, "title", "notes", "labels"):
            session.execute(_TEXT.update().where(_of(_TEXT, task)), _text(task))
        if _changed(task, "labels"):
            session.execute(_LABELS.delete().where(_of(_LABELS, task)))
            session.add_all(_label_rows(task))


def rows_of(task: Task) -> list[TaskText | TaskLabel]:
    """What is stored of a new task so that it can be found."""
    return [TaskText(user_id=task.user_id, task_id=task.id, **_text(task)), *_label_rows(task)]


def _text(task: Task) -> dict[str, str]:
    return {
        "title": search_key(task.title),
        "notes": search_key(task.notes),
        "labels": "\n".join(search_key(label) for label in task.labels),
    }


def _label_rows(task: Task) -> list[TaskLabel]:
    keys = dict.fromkeys(name_key(label) for label in task.labels)
    return [TaskLabel(user_id=task.user_id, key=key, task_id=task.id) for key in keys]


def _changed(task: Task, *names: str) -> bool:
    attributes = inspect(task).attrs
    return any(attributes[name].history.has_changes() for name in names)


def _of(table: Table, task: Task) -> ColumnElement[bool]:
    return and_(table.c.user_id == task.user_id, table.c.task_id == task.id)
