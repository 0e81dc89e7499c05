"""Every query about channels, deliveries and attempts."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, func, insert, literal_column, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from notification_service.models import Channel, Delivery, DeliveryAttempt, Notification
from servicekit.persistence.ownership import OwnedRepository
from servicekit.persistence.prepared_queries import ExistsQuery

IS_ANY_READY = ExistsQuery(
    select(col(Delivery.id)).where(
        col(Delivery.state) == literal_column("'due'"), col(Delivery.next_at) <= bindparam("now")
    )
)
"""Whether anything may be sent at `now`; a look that takes no lock."""
_ACTIVE = select(Channel).where(
    col(Channel.user_id).in_(bindparam("users", expanding=True)), col(Channel.is_active)
)


async def list_active(session: AsyncSession, user_ids: Collection[str]) -> dict[str, list[Channel]]:
    """The channels in use, by user."""
    found: dict[str, list[Channel]] = {}
    for channel in await session.scalars(_ACTIVE, {"users": list(user_ids)}):
        found.setdefault(channel.user_id, []).append(channel)
    return found


async def add_deliveries(session: AsyncSession, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add many at once, each a row by the names of its columns."""
    await session.execute(insert(Delivery), rows)


class ChannelRepository(OwnedRepository):
    """The channels of one owner, and what is sent on them."""

    async def list_channels(self, kind: str | None, before: str | None, limit: int) -> Sequence[Channel]:
        """Newest first, after the channel `before`."""
        query = self.select(Channel)
        if kind:
            query = query.where(col(Channel.kind) == kind)
        if before:
            query = query.where(col(Channel.id) < before)
        return (await self.session.scalars(query.order_by(col(Channel.id).desc()).limit(limit))).all()

    async def lock_channel(self, id: str) -> Channel | None:
        query = self.select(Channel).where(col(Channel.id) == id)
        return (await self.session.scalars(query.with_for_update())).first()

    async def lock_target(self, kind: str, target: str) -> Channel | None:
        query = self.select(Channel).where(col(Channel.kind) == kind, col(Channel.target) == target)
        return (await self.session.scalars(query.with_for_update())).first()

    async def delete_channel(self, channel: Channel) -> None:
        """Drop a channel with what waits for it and its log."""
        tries = delete(DeliveryAttempt).where(col(DeliveryAttempt.channel_id) == channel.id)
        await self.session.execute(tries)
        await self.session.execute(self.delete(Delivery).where(col(Delivery.channel_id) == channel.id))
        await self.session.delete(channel)

    async def lock_delivery(self, id: str) -> Delivery | None:
        query = self.select(Delivery).where(col(Delivery.id) == id)
        return (await self.session.scalars(query.with_for_update())).first()

    async def has_notification(self, delivery: Delivery) -> bool:
        """Whether there is still something to send."""
        query = self.select(col(Notification.id), of=Notification)
        return (
            await self.session.scalar(query.where(col(Notification.id) == delivery.notification_id))
            is not None
        )

    async def list_receipts(self, reminder_ids: Collection[str]) -> dict[str, list[Delivery]]:
        """The deliveries of these reminders, oldest first."""
        query = self.select(Delivery).where(col(Delivery.reminder_id).in_(reminder_ids))
        found: dict[str, list[Delivery]] = {}
        for each in await self.session.scalars(query.order_by(col(Delivery.created_at), col(Delivery.kind))):
            found.setdefault(each.reminder_id or "", []).append(each)
        return found

    async def list_deliveries(
        self, channel_id: str, before: tuple[datetime, str] | None, limit: int
    ) -> Sequence[Delivery]:
        """Newest first, after the one made at that time with that id."""
        query = self.select(Delivery).where(col(Delivery.channel_id) == channel_id)
        created_at, key = col(Delivery.created_at), col(Delivery.id)
        if before:
            made, id = before
            query = query.where((created_at < made) | ((created_at == made) & (key < id)))
        return (await self.session.scalars(query.order_by(created_at.desc(), key.desc()).limit(limit))).all()

    async def drop_waiting(self, channel_id: str) -> None:
        """Nothing more is sent on a channel that is gone."""
        waiting = (col(Delivery.channel_id) == channel_id, col(Delivery.state) == "due")
        dropped = self.update(Delivery).where(*waiting).values(state="dropped", next_at=None)
        await self.session.execute(dropped)

    async def mark_opened(self, notification_id: str, at: datetime) -> None:
        """The entry was read: its delivery to the inbox is opened."""
        is_it = (col(Delivery.notification_id) == notification_id, col(Delivery.channel_id).is_(None))
        opened = self.update(Delivery).where(*is_it).values(state="opened", opened_at=at)
        await self.session.execute(opened)

    async def erase_all(self) -> None:
        mine = self.select(col(Delivery.id), of=Delivery)
        await self.session.execute(delete(DeliveryAttempt).where(col(DeliveryAttempt.delivery_id).in_(mine)))
        for model in (Delivery, Channel):
            await self.session.execute(self.delete(model))


async def lock_any_channel(session: AsyncSession, id: str) -> Channel | None:
    """A channel, whoever it belongs to."""
    return (await session.scalars(select(Channel).where(col(Channel.id) == id).with_for_update())).first()


async def lock_any_webhooks(session: AsyncSession, last: str, limit: int) -> Sequence[Channel]:
    """The next ones after the id `last`, whoever they belong to."""
    query = select(Channel).where(col(Channel.kind) == "webhook", col(Channel.id) > last)
    return (await session.scalars(query.order_by(col(Channel.id)).limit(limit).with_for_update())).all()


async def count_due(session: AsyncSession, before: datetime) -> dict[str, int]:
    """How many have been due since `before` and were not taken, by kind of channel."""
    is_due = (col(Delivery.state) == "due", col(Delivery.next_at) < before)
    query = select(col(Delivery.kind), func.count()).where(*is_due).group_by(col(Delivery.kind))
    return {kind: number for kind, number in await session.execute(query)}  # noqa: C416 - rows are no pairs to mypy


async def load_delivery_jobs(
    session: AsyncSession, ids: Sequence[str]
) -> Sequence[tuple[Delivery, Channel | None, Notification | None]]:
    """Deliveries with their channels and what they tell of, in the order of `ids`."""
    query = (
        select(Delivery, Channel, Notification)
        .outerjoin(Channel, col(Channel.id) == col(Delivery.channel_id))
        .outerjoin(Notification, col(Notification.id) == col(Delivery.notification_id))
        .where(col(Delivery.id).in_(ids))
    )
    found = {row[0].id: (row[0], row[1], row[2]) for row in await session.execute(query)}
    return [found[id] for id in ids]


async def lock_any_delivery(session: AsyncSession, id: str) -> Delivery | None:
    """A delivery, whoever it is for."""
    return (await session.scalars(select(Delivery).where(col(Delivery.id) == id).with_for_update())).first()


async def list_attempts(
    session: AsyncSession, delivery_ids: Collection[str]
) -> dict[str, list[DeliveryAttempt]]:
    """The log of these deliveries, oldest first."""
    query = (
        select(DeliveryAttempt)
        .where(col(DeliveryAttempt.delivery_id).in_(delivery_ids))
        .order_by(col(DeliveryAttempt.id))
    )
    found: dict[str, list[DeliveryAttempt]] = {}
    for attempt in await session.scalars(query.order_by(col(DeliveryAttempt.id))):
        found.setdefault(attempt.delivery_id, []).append(attempt)
    return found


async def purge_old(session: AsyncSession, before: datetime) -> None:
    """Drop deliveries and log that are long over."""
    old = (col(Delivery.created_at) < before, col(Delivery.state) != "due")
    await session.execute(delete(Delivery).where(*old))
    await session.execute(delete(DeliveryAttempt).where(col(DeliveryAttempt.at) < before))
