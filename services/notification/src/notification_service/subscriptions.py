"""Events in: what the notification service listens to."""

from contracts.task import TaskCompleted, TaskCreated, TaskDeleted, TaskReopened
from contracts.user import UserDeleted
from notification_service import use_cases
from servicekit.deliveries import Received
from servicekit.subscriptions import Subscriptions

subscriptions = Subscriptions()


@subscriptions.on(TaskCreated)
async def on_task_created(received: Received[TaskCreated]) -> None:
    await use_cases.notify(received.session, received.envelope, "task.created")


@subscriptions.on(TaskCompleted)
async def on_task_completed(received: Received[TaskCompleted]) -> None:
    await use_cases.notify(received.session, received.envelope, "task.completed")


@subscriptions.on(TaskReopened)
async def on_task_reopened(received: Received[TaskReopened]) -> None:
    await use_cases.notify(received.session, received.envelope, "task.reopened")


@subscriptions.on(TaskDeleted)
async def on_task_deleted(received: Received[TaskDeleted]) -> None:
    await use_cases.notify(received.session, received.envelope, "task.deleted")


@subscriptions.on(UserDeleted)
async def on_user_deleted(received: Received[UserDeleted]) -> None:
    await use_cases.erase_user(received.session, received.event.user_id)
