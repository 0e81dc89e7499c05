"""Every query about quotas."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnExpressionArgument, delete, func
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel, col

from notification_service.models import Channel, Delivery, Notification, QuotaUse, Reminder
from servicekit.persistence.ownership import OwnedRepository

STORED: dict[str, tuple[type[SQLModel], Sequence[ColumnExpressionArgument[bool]]]] = {
    "webhooks": (Channel, [col(Channel.kind) == "webhook"]),
    "push_subscriptions": (Channel, [col(Channel.kind) == "push"]),
    "reminders": (Reminder, [col(Reminder.kind).in_(("own", "snooze"))]),
    "inbox_entries": (Notification, [col(Notification.in_inbox)]),
    "deliveries_stored": (Delivery, [col(Delivery.state) != "due"]),
    "deliveries_waiting": (Delivery, [col(Delivery.state) == "due"]),
}
"""Which rows count for a quota."""


class QuotaRepository(OwnedRepository):
    """What one account uses of its quotas."""

    async def count_stored(self, name: str) -> int:
        table, counts = STORED[name]
        return await self.session.scalar(self.select(func.count(), of=table).where(*counts)) or 0

    async def list_uses_after(self, name: str, after: datetime) -> Sequence[datetime]:
        """When something was used since `after`, oldest first."""
        query = self.select(col(QuotaUse.at), of=QuotaUse)
        query = query.where(col(QuotaUse.name) == name, col(QuotaUse.at) > after)
        return (await self.session.scalars(query.order_by(col(QuotaUse.at)))).all()

    async def erase_all(self) -> None:
        await self.session.execute(self.delete(QuotaUse))


async def purge_uses(session: AsyncSession, until: datetime) -> None:
    await session.execute(delete(QuotaUse).where(col(QuotaUse.at) <= until))
