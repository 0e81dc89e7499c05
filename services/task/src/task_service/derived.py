"""What is stored twice so that it can be found: kept right by the session, whoever changes a task."""

from typing import Any

from sqlalchemy import bindparam, event, inspect
from sqlalchemy.orm import Session

from task_service.models import Task, TaskLabel, TaskText
from task_service.search_texts import keys_of, texts_of

_TEXT = TaskText.metadata.tables["task_text"]
_LABELS = TaskLabel.metadata.tables["task_label"]
_SET_TEXT = (
    _TEXT.update()
    .where(_TEXT.c.user_id == bindparam("of_user"), _TEXT.c.task_id == bindparam("of_task"))
    .values({name: bindparam(name) for name in ("title", "notes", "labels")})
)
_DROP_LABELS = _LABELS.delete().where(
    _LABELS.c.user_id == bindparam("of_user"), _LABELS.c.task_id == bindparam("of_task")
)


@event.listens_for(Session, "before_flush")
def keep(session: Session, *_: Any) -> None:
    """Write the folded text and the label index of each task about to be written."""
    for task in [each for each in session.new if isinstance(each, Task)]:
        session.add(TaskText(user_id=task.user_id, task_id=task.id, **_text(task)))
        session.add_all(_label_rows(task))
    changed = [each for each in session.dirty if isinstance(each, Task)]
    texts = [each for each in changed if _changed(each, "title", "notes", "labels")]
    labelled = [each for each in texts if _changed(each, "labels")]
    if texts:
        session.execute(_SET_TEXT, [_of(each) | _text(each) for each in texts])
    if labelled:
        session.execute(_DROP_LABELS, [_of(each) for each in labelled])
    for task in labelled:
        session.add_all(_label_rows(task))


def _text(task: Task) -> dict[str, str]:
    return texts_of(task.title, task.notes, task.labels)


def _label_rows(task: Task) -> list[TaskLabel]:
    return [TaskLabel(user_id=task.user_id, key=key, task_id=task.id) for key in keys_of(task.labels)]


def _changed(task: Task, *names: str) -> bool:
    attributes = inspect(task).attrs
    return any(attributes[name].history.has_changes() for name in names)


def _of(task: Task) -> dict[str, str]:
    return {"of_user": task.user_id, "of_task": task.id}
