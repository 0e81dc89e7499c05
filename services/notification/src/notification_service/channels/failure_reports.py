"""What a user's inbox says of channels that fail: one entry a day for each, however much was to be sent."""

from datetime import datetime
from uuid import NAMESPACE_URL, uuid5

from sqlalchemy.ext.asyncio import AsyncSession

from notification_service import inbox, message_texts
from notification_service.models import Channel, Notification
from notification_service.repository import InboxRepository

FAILURES = uuid5(NAMESPACE_URL, "todo/failures")


async def report_disabled_channel(session: AsyncSession, channel: Channel, now: datetime) -> None:
    """`channel`, which is locked, was switched off; its note says why."""
    title, text = message_texts.describe_disabled(channel)
    await _report_once_a_day(session, channel.user_id, "channel.disabled", title, text, now, channel.id)


async def report_failing_channel(session: AsyncSession, channel: Channel, error: str, now: datetime) -> None:
    """Something was given up that was to be sent on `channel`, which is locked."""
    title, text = message_texts.describe_failing(channel, error)
    await _report_once_a_day(session, channel.user_id, "channel.failing", title, text, now, channel.id)


async def report_dropped_deliveries(
    session: AsyncSession, user_id: str, number: int, limit: int, now: datetime
) -> None:
    """`number` deliveries were given up because more than `limit` waited."""
    title, text = message_texts.describe_dropped(number, limit)
    await _report_once_a_day(session, user_id, "deliveries.dropped", title, text, now)


async def _report_once_a_day(
    session: AsyncSession,
    user_id: str,
    kind: str,
    title: str,
    text: str,
    now: datetime,
    channel_id: str | None = None,
) -> None:
    id = str(uuid5(FAILURES, f"{kind}/{channel_id or user_id}/{now:%Y-%m-%d}"))
    if await InboxRepository(session, user_id).has_entry(id):
        return
    entry = Notification(id=id, user_id=user_id, kind=kind, title=title, text=text, created_at=now)
    entry.channel_id = channel_id
    await inbox.add_entries(session, [entry], {})
