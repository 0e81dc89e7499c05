"""What a message of the dead-letter topic says. Pure."""

import hashlib
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import orjson

from analytics_service.models import DeadLetter
from contracts.names import App, Topic
from contracts.user import UserDeleted
from servicekit.messaging.dead_letters import TYPE

DEAD_LETTER_IDS = uuid5(NAMESPACE_URL, "todo/dead-letters")
GIVEN_UP_BY_DAPR = "given up by the sidecar after its retries"
LISTENERS: dict[str, tuple[App, ...]] = {
    Topic.TODO_EVENTS: (App.NOTIFICATION, App.ANALYTICS),
    Topic.CHAT_EVENTS: (App.ANALYTICS,),
    Topic.USER_EVENTS: (App.USER, App.TASK, App.CHAT, App.NOTIFICATION, App.ANALYTICS),
    Topic.NOTIFICATION_EVENTS: (App.NOTIFICATION,),
}
"""Who may have given up an event of a topic. What the notification service itself can't deliver is an
event of its own topic, which it takes back from here."""


def parse_dead_letter(raw: Any, now: datetime) -> DeadLetter:
    """A dead letter of ours carries consumer and cause; one of Dapr's is the failed event itself."""
    event = raw if isinstance(raw, dict) else {}
    ours = event.get("data") if event.get("type") == TYPE else None
    ours = ours if isinstance(ours, dict) and {"consumer", "topic", "cause"} <= ours.keys() else None
    failed = ours.get("event") if ours else raw
    event_id = failed.get("id") if isinstance(failed, dict) else None
    text = orjson.dumps(failed).decode()
    consumer = str(ours["consumer"]) if ours else ""
    event_id = str(event_id or hashlib.sha256(text.encode()).hexdigest())
    return DeadLetter(
        id=derive_id(event_id, consumer),
        event_id=event_id,
        consumer=consumer,
        topic=str(ours["topic"] if ours else event.get("topic", "")),
        user_id=find_user(failed),
        cause=str(ours["cause"]) if ours else GIVEN_UP_BY_DAPR,
        event=text,
        parked_at=now,
        failed_at=_parse_instant(event.get("time"), now) if ours else now,
    )


def find_user(failed: Any) -> str:
    """Whose data a failed event holds. That an account is gone is none, and is told until it is done."""
    if not isinstance(failed, dict) or failed.get("type") == UserDeleted.type:
        return ""
    data = failed.get("data")
    return str((data.get("user_id") if isinstance(data, dict) else "") or failed.get("partitionkey") or "")


def derive_id(event_id: str, consumer: str) -> str:
    return str(uuid5(DEAD_LETTER_IDS, f"{event_id}.{consumer or 'dapr'}"))


def replayable_event(dead_letter: DeadLetter) -> dict[str, Any] | None:
    """The failed event, if it is one that can be handed to a service."""
    event = orjson.loads(dead_letter.event)
    return event if isinstance(event, dict) and dead_letter.topic in LISTENERS else None


def consumers_of(dead_letter: DeadLetter) -> tuple[App, ...]:
    """Whose it is to handle: who gave it up; all who listen, where Dapr did and doesn't tell for whom."""
    return (App(dead_letter.consumer),) if dead_letter.consumer else LISTENERS[dead_letter.topic]


def _parse_instant(value: Any, otherwise: datetime) -> datetime:
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError:
        return otherwise
    return found if found.tzinfo else found.replace(tzinfo=UTC)
