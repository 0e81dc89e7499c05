"""Events in: what the notification service consumes.

Dapr delivers at least once. `processed_messages` drops what was handled before (idempotent consumer), and
the projection of a task drops versions older than its own, so that order does not matter either.
"""

from contracts.filter import FilterCreated, FilterDeleted, FilterUpdated
from contracts.imports import ImportFinished
from contracts.label import LabelCreated, LabelDeleted, LabelUpdated
from contracts.notification import DeliveryFailed
from contracts.project import ProjectCreated, ProjectDeleted, ProjectRestored, ProjectUpdated
from contracts.task import (
    TaskCompleted,
    TaskCreated,
    TaskDeleted,
    TaskEvent,
    TaskReopened,
    TaskRestored,
    TaskUpdated,
)
from contracts.user import UserDeleted, UserSignedUp, UserUpdated
from notification_service import use_cases
from notification_service.preferences import use_cases as preferences
from servicekit.messaging.consumer import EventBatchContext, EventContext
from servicekit.messaging.subscriptions import Subscriptions

subscriptions = Subscriptions()


CHANGES: tuple[type[TaskEvent], ...] = (
    TaskCreated,
    TaskUpdated,
    TaskCompleted,
    TaskReopened,
    TaskDeleted,
    TaskRestored,
)


async def on_tasks_changed(batch: EventBatchContext[TaskEvent]) -> None:
    await use_cases.follow_tasks(batch.session, batch.envelopes)


subscriptions.on_batch(*CHANGES)(on_tasks_changed)


LISTS: tuple[type[use_cases.ListEvent], ...] = (
    *(ProjectCreated, ProjectUpdated, ProjectDeleted, ProjectRestored),
    *(LabelCreated, LabelUpdated, LabelDeleted),
    *(FilterCreated, FilterUpdated, FilterDeleted),
)


async def on_list_changed(received: EventContext[use_cases.ListEvent]) -> None:
    await use_cases.notify_of_list(received.session, received.envelope)


for listed in LISTS:
    subscriptions.on(listed)(on_list_changed)


@subscriptions.on(ImportFinished)
async def on_import_finished(received: EventContext[ImportFinished]) -> None:
    await use_cases.notify_of_import(received.session, received.envelope)


@subscriptions.on(UserSignedUp)
async def on_user_signed_up(received: EventContext[UserSignedUp]) -> None:
    await preferences.update_recipient(received.session, received.event)


@subscriptions.on(UserUpdated)
async def on_user_updated(received: EventContext[UserUpdated]) -> None:
    await preferences.update_recipient(received.session, received.event)


@subscriptions.on(UserDeleted)
async def on_user_deleted(received: EventContext[UserDeleted]) -> None:
    await use_cases.purge_user(received.session, received.event.user_id)


@subscriptions.on_replay(DeliveryFailed)
async def on_delivery_failed(received: EventContext[DeliveryFailed]) -> None:
    """Somebody takes a delivery that was given up out of the dead letters."""
    await use_cases.retry_delivery(received.session, received.event.delivery_id)
