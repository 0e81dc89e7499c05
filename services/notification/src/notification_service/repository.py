"""Every query of the notification service."""

from collections.abc import Sequence

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from notification_service.models import Notification


async def lock(session: AsyncSession, user_id: str, id: str) -> Notification | None:
    query = select(Notification).where(col(Notification.id) == id, col(Notification.user_id) == user_id)
    return (await session.scalars(query.with_for_update())).first()


async def newest(
    session: AsyncSession, user_id: str, unread: bool | None, before: str | None, limit: int
) -> Sequence[Notification]:
    """Newest first, behind the entry `before`; `unread` keeps only one kind."""
    query = select(Notification).where(col(Notification.user_id) == user_id)
    if unread is not None:
        is_unread = col(Notification.read_at).is_(None)
        query = query.where(is_unread if unread else ~is_unread)
    if before:
        query = query.where(col(Notification.id) < before)
    return (await session.scalars(query.order_by(col(Notification.id).desc()).limit(limit))).all()


async def erase_user(session: AsyncSession, user_id: str) -> None:
    await session.execute(delete(Notification).where(col(Notification.user_id) == user_id))
