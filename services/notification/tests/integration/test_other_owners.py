"""Channels, reminders, notifications and deliveries are those of their owner. On both databases."""

from datetime import UTC, datetime, timedelta
from typing import Any

from notification_service.models import Channel, Delivery, Notification, Recipient, Reminder, TaskProjection

from conftest import ServiceUnderTest
from servicekit.web.ids import new_id
from tests.other_owners import (
    Owned,
    answers_to_strangers,
    answers_to_the_owner,
    own_rows,
    references_to_strangers,
    rows_of_strangers,
)


async def fill(notification: ServiceUnderTest, user_id: str) -> Owned:
    """Everything there can be of one user, written as requests and events would."""
    now = datetime.now(UTC)
    webhook, other, mail, entry, reminder, delivery, task = (new_id() for _ in range(7))
    secret: dict[str, list[str]] = {"secrets": ["old", "older"]}
    own: dict[str, Any] = {"user_id": user_id, "created_at": now}
    rows = [
        Recipient(id=user_id),
        TaskProjection(id=task, user_id=user_id, title="milk", is_open=True, version=1, due_at=now),
        Channel(id=webhook, kind="webhook", target=f"https://{user_id}.test", keys=secret, **own),
        Channel(id=other, kind="webhook", target=f"https://other.{user_id}.test", keys=secret, **own),
        Channel(id=mail, kind="email", target=f"{user_id}@example.org", **own),
        Notification(id=entry, kind="reminder", title="milk", reminder_id=reminder, **own),
        Reminder(
            id=reminder, kind="own", title="milk", state="planned", remind_at=now + timedelta(days=1), **own
        ),
        Delivery(
            id=delivery,
            notification_id=entry,
            channel_id=webhook,
            reminder_id=reminder,
            kind="webhook",
            state="failed",
            **own,
        ),
    ]
    async with notification.database.transaction() as session:
        session.add_all(rows)
    return Owned(
        {
            "webhooks": [webhook],
            "channels": [other, mail],
            "notifications": [entry],
            "reminders": [reminder],
            "deliveries": [delivery],
            "tasks": [task],
        }
    )


class TestAnotherUser:
    async def test_finds_nothing_by_its_id(self, notification: ServiceUnderTest) -> None:
        ada, bob = await fill(notification, "ada"), await fill(notification, "bob")
        assert await answers_to_strangers(notification, ada, bob) == []
        assert await answers_to_the_owner(notification, ada) == []

    async def test_can_name_nothing_in_a_body(self, notification: ServiceUnderTest) -> None:
        ada, bob = await fill(notification, "ada"), await fill(notification, "bob")
        assert await references_to_strangers(notification, ada, bob) == []

    async def test_is_shown_nothing_in_any_list(self, notification: ServiceUnderTest) -> None:
        ada = await fill(notification, "ada")
        more = (
            f"/reminders?task_id={ada.ids['tasks'][0]}",
            "/channels?kind=webhook",
            "/notifications?unread=true",
        )
        assert await rows_of_strangers(notification, ada, *more) == []
        assert await own_rows(notification, ada) >= {ada.ids[kind][0] for kind in ada.ids if kind != "tasks"}
