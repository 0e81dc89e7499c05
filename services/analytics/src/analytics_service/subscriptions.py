"""Events in: everything that is counted, and the dead letters."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from analytics_service import use_cases
from analytics_service.dead_letters.parsing import parse_dead_letter
from contracts.chat import ChatMessageHandled
from contracts.event import Event
from contracts.names import Topic
from contracts.task import (
    TaskCompleted,
    TaskCreated,
    TaskDeleted,
    TaskReopened,
    TaskRestored,
    TaskUpdated,
)
from contracts.user import UserDeleted
from servicekit.messaging.consumer import EventBatchContext, EventContext
from servicekit.messaging.subscriptions import Subscriptions

COUNTED: dict[type[Event], str] = {
    TaskCreated: "tasks_created",
    TaskUpdated: "tasks_updated",
    TaskCompleted: "tasks_completed",
    TaskReopened: "tasks_reopened",
    TaskDeleted: "tasks_deleted",
    TaskRestored: "tasks_restored",
    ChatMessageHandled: "chat_messages",
}

subscriptions = Subscriptions()


@subscriptions.on_batch(*COUNTED)
async def on_counted_events(batch: EventBatchContext[Event]) -> None:
    await use_cases.count_events(
        batch.session, [(each, COUNTED[type(each.data)]) for each in batch.envelopes]
    )


@subscriptions.on(UserDeleted)
async def on_user_deleted(received: EventContext[UserDeleted]) -> None:
    await use_cases.purge_user(received.session, received.event.user_id)


@subscriptions.on_raw(Topic.DEAD_LETTERS)
async def on_dead_letter(session: AsyncSession, raw: Any) -> None:
    await use_cases.store_dead_letter(session, parse_dead_letter(raw, datetime.now(UTC)))
