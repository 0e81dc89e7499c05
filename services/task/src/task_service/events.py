"""Task → event."""

from contracts.task import (
    TaskCompleted,
    TaskCreated,
    TaskDeleted,
    TaskReopened,
    TaskRestored,
    TaskSnapshot,
    TaskUpdated,
)
from task_service.models import Task


def created(task: Task) -> TaskCreated:
    return TaskCreated(user_id=task.user_id, task=snapshot(task))


def updated(task: Task, changed: list[str]) -> TaskUpdated:
    return TaskUpdated(user_id=task.user_id, task=snapshot(task), changed=changed)


def completed(task: Task) -> TaskCompleted:
    return TaskCompleted(user_id=task.user_id, task=snapshot(task))


def reopened(task: Task) -> TaskReopened:
    return TaskReopened(user_id=task.user_id, task=snapshot(task))


def deleted(task: Task) -> TaskDeleted:
    return TaskDeleted(user_id=task.user_id, task=snapshot(task))


def restored(task: Task) -> TaskRestored:
    return TaskRestored(user_id=task.user_id, task=snapshot(task))


def snapshot(task: Task) -> TaskSnapshot:
    return TaskSnapshot.model_validate(task.model_dump())
