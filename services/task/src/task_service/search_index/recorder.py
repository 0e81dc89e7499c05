"""What is stored twice so that it can be found: kept right by the session, whoever changes a task."""

from sqlalchemy import String, bindparam, inspect
from sqlalchemy.orm import Session

from servicekit.persistence.deferred_inserts import create_deferred_insert, defer_rows
from servicekit.persistence.ownership import OwnerScope
from task_service.models import Task, TaskLabel, TaskText
from task_service.search_index.texts import build_label_keys, build_search_texts
from task_service.unit_of_work.written import Written

_TEXT = TaskText.metadata.tables["task_text"]
_LABELS = TaskLabel.metadata.tables["task_label"]
TEXTS = create_deferred_insert(
    "task_text",
    lambda insert: (new := insert(_TEXT)).on_conflict_do_update(
        index_elements=["user_id", "task_id"],
        set_={name: new.excluded[name] for name in ("title", "notes", "labels")},
    ),
)
LABELS = create_deferred_insert("task_label", lambda insert: insert(_LABELS))
_DROP_LABELS = (
    OwnerScope(bindparam("of_user", type_=String))
    .delete(_LABELS)
    .where(_LABELS.c.task_id == bindparam("of_task"))
)


def update_index(session: Session, written: Written) -> None:
    """Defer the rows of the folded text and the label index of each task about to be written."""
    new = written.new_tasks
    texts = [each for each in written.changed_tasks if _has_changed(each, "title", "notes", "labels")]
    labelled = [each for each in texts if _has_changed(each, "labels")]
    if labelled:
        session.execute(_DROP_LABELS, [_key_of(each) for each in labelled])
    for task in (*new, *texts):
        defer_rows(session, TEXTS, {"user_id": task.user_id, "task_id": task.id} | _build_text(task))
    for task in (*new, *labelled):
        _defer_label_rows(session, task)


def _defer_label_rows(session: Session, task: Task) -> None:
    rows = [
        {"user_id": task.user_id, "key": key, "task_id": task.id} for key in build_label_keys(task.labels)
    ]
    if rows:
        defer_rows(session, LABELS, *rows)


def _build_text(task: Task) -> dict[str, str]:
    return build_search_texts(task.title, task.notes, task.labels)


def _has_changed(task: Task, *names: str) -> bool:
    attributes = inspect(task).attrs
    return any(attributes[name].history.has_changes() for name in names)


def _key_of(task: Task) -> dict[str, str]:
    return {"of_user": task.user_id, "of_task": task.id}
