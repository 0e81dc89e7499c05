"""What reaches a user is put into the inbox first; from there it goes to the user's channels."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy.ext.asyncio import AsyncSession
from yarl import URL

from notification_service import events
from notification_service.channels import repository as channels
from notification_service.channels.repository import ChannelRepository
from notification_service.models import Channel, Delivery, Notification, Recipient
from notification_service.reminders.instants import load_zone, next_noisy_instant
from servicekit.messaging.outbox import record_event

INBOX = "inbox"
"""The channel everybody has: the inbox itself, and every page that is open."""
WITH_RECEIPT = ("reminder", "digest", "test")
QUIET = ("email", "push")
"""Kinds of channels that wait while it is quiet; programs are not woken by a webhook."""


Active = Mapping[str, Sequence[Channel]]
"""The channels in use, by user."""


async def add_entries(
    session: AsyncSession, entries: Sequence[Notification], recipients: Mapping[str, Recipient]
) -> None:
    """Add entries with their deliveries and events. recipients: who has other than the default habits.

    What is not for the inbox and what no channel asks for is dropped.
    """
    active = await channels.list_active(session, {each.user_id for each in entries})
    await add_entries_on(session, entries, recipients, active)


async def add_entries_on(
    session: AsyncSession,
    entries: Sequence[Notification],
    recipients: Mapping[str, Recipient],
    active: Active,
) -> None:
    """As `add_entries`, where the channels are known."""
    for entry in entries:
        asking = [each for each in active.get(entry.user_id, ()) if entry.kind in each.kinds]
        if entry.in_inbox:
            record_event(session, events.notification_created(entry))
        if entry.in_inbox or asking:
            session.add(entry)
        recipient = recipients.get(entry.user_id) or Recipient(id=entry.user_id)
        session.add_all([make_delivery(channel, entry, recipient, entry.created_at) for channel in asking])
    arrived = [_make_receipt(entry, entry.created_at) for entry in entries if entry.kind in WITH_RECEIPT]
    if arrived:
        await channels.add_deliveries(session, arrived)


async def mark_read(session: AsyncSession, entry: Notification, now: datetime) -> None:
    """Its user has seen `entry`, and other open pages hear of it; a read one stays as it is."""
    if entry.read_at is None:
        entry.read_at = now
        record_event(session, events.notification_read(entry, now))
        await ChannelRepository(session, entry.user_id).mark_opened(entry.id, now)


def make_delivery(channel: Channel, entry: Notification, recipient: Recipient, now: datetime) -> Delivery:
    """What is to be sent on `channel`: now, or when the quiet hours of `recipient` are over."""
    zone = load_zone(recipient.time_zone, "UTC")
    is_noisy = channel.kind in QUIET
    return Delivery(
        id=derive_delivery_id(entry.id, channel.id),
        user_id=entry.user_id,
        notification_id=entry.id,
        reminder_id=entry.reminder_id,
        channel_id=channel.id,
        kind=channel.kind,
        host=host_of(channel),
        state="due",
        next_at=next_noisy_instant(recipient.quiet_from, recipient.quiet_to, zone, now) if is_noisy else now,
        created_at=now,
    )


def host_of(channel: Channel) -> str:
    """The host of a URL; all mail goes to the one server."""
    return "mail" if channel.kind == "email" else URL(channel.target).host or ""


def derive_delivery_id(notification_id: str, channel: str) -> str:
    """Always the same for a notification and a channel."""
    return str(uuid5(UUID(notification_id), channel))


def _make_receipt(entry: Notification, now: datetime) -> dict[str, Any]:
    """The receipt's row; made without an object, which would cost more than writing it."""
    return {
        "id": derive_delivery_id(entry.id, INBOX),
        "user_id": entry.user_id,
        "notification_id": entry.id,
        "reminder_id": entry.reminder_id,
        "kind": INBOX,
        "state": "delivered",
        "attempts": 1,
        "error": "",
        "created_at": now,
        "sent_at": now,
        "delivered_at": now,
    }
