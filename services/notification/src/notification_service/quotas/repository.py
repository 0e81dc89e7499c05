"""Every query about quotas."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnExpressionArgument, delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel, col

from notification_service.models import Channel, Delivery, Notification, QuotaUse, Reminder

STORED: dict[str, tuple[type[SQLModel], Sequence[ColumnExpressionArgument[bool]]]] = {
    "webhooks": (Channel, [col(Channel.kind) == "webhook"]),
    "push_subscriptions": (Channel, [col(Channel.kind) == "push"]),
    "reminders": (Reminder, [col(Reminder.kind).in_(("own", "snooze"))]),
    "inbox_entries": (Notification, [col(Notification.in_inbox)]),
    "deliveries_stored": (Delivery, [col(Delivery.state) != "due"]),
    "deliveries_waiting": (Delivery, [col(Delivery.state) == "due"]),
}
"""Which rows count for a quota."""


async def count_stored(session: AsyncSession, user_id: str, name: str) -> int:
    table, counts = STORED[name]
    is_own = col(table.user_id) == user_id  # type: ignore[attr-defined]
    query = select(func.count()).select_from(table).where(is_own, *counts)
    return await session.scalar(query) or 0


async def list_uses_after(
    session: AsyncSession, user_id: str, name: str, after: datetime
) -> Sequence[datetime]:
    """When something was used since `after`, oldest first."""
    is_it = (col(QuotaUse.user_id) == user_id, col(QuotaUse.name) == name, col(QuotaUse.at) > after)
    return (await session.scalars(select(col(QuotaUse.at)).where(*is_it).order_by(col(QuotaUse.at)))).all()


async def purge_uses(session: AsyncSession, until: datetime) -> None:
    await session.execute(delete(QuotaUse).where(col(QuotaUse.at) <= until))


async def delete_user(session: AsyncSession, user_id: str) -> None:
    await session.execute(delete(QuotaUse).where(col(QuotaUse.user_id) == user_id))
