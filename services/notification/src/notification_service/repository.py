"""Every query of the notification service."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Integer, bindparam, delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from notification_service.models import Notification
from notification_service.schemas import NotificationRead
from servicekit.prepared import Prepared

CHUNK = 5_000
"""Rows of one user dropped in one go; the next round takes more."""
_ENTRY = Notification.metadata.tables["notification"].c
_FIRST_PAGE = (
    select(*(_ENTRY[name] for name in NotificationRead.model_fields))
    .where(_ENTRY.user_id == bindparam("user_id", type_=_ENTRY.user_id.type), _ENTRY.in_inbox)
    .order_by(_ENTRY.created_at.desc(), _ENTRY.id.desc())
    .limit(bindparam("limit", type_=Integer()))
)
FIRST_PAGE = Prepared(_FIRST_PAGE)
"""What `newest` finds, as it is shown: `user_id`, `limit`."""
FIRST_UNREAD = Prepared(_FIRST_PAGE.where(_ENTRY.read_at.is_(None)))
"""No others than those that are not read."""


async def lock(session: AsyncSession, user_id: str, id: str) -> Notification | None:
    """An entry of the inbox of this user, for a change."""
    is_it = (col(Notification.id) == id, col(Notification.user_id) == user_id)
    query = select(Notification).where(*is_it, col(Notification.in_inbox))
    return (await session.scalars(query.with_for_update())).first()


async def newest(
    session: AsyncSession, user_id: str, unread: bool | None, before: tuple[datetime, str] | None, limit: int
) -> Sequence[Notification]:
    """Newest first, behind the entry made at that time with that id; `unread` keeps only one kind."""
    query = select(Notification).where(col(Notification.user_id) == user_id, col(Notification.in_inbox))
    if unread is not None:
        is_unread = col(Notification.read_at).is_(None)
        query = query.where(is_unread if unread else ~is_unread)
    if before:
        made, id = before
        is_older = col(Notification.created_at) < made
        query = query.where(is_older | ((col(Notification.created_at) == made) & (col(Notification.id) < id)))
    newest_first = (col(Notification.created_at).desc(), col(Notification.id).desc())
    return (await session.scalars(query.order_by(*newest_first).limit(limit))).all()


async def count_in_inbox(session: AsyncSession, user_id: str) -> int:
    query = select(func.count()).where(col(Notification.user_id) == user_id, col(Notification.in_inbox))
    return await session.scalar(query) or 0


async def forget(session: AsyncSession, before: datetime, limit: int) -> None:
    """Drop what only webhooks were told before then, and the oldest entries of inboxes over `limit`."""
    not_shown = ~col(Notification.in_inbox) & (col(Notification.created_at) < before)
    await session.execute(delete(Notification).where(not_shown))
    crowded = select(col(Notification.user_id)).where(col(Notification.in_inbox))
    crowded = crowded.group_by(col(Notification.user_id)).having(func.count() > limit)
    for user_id in (await session.scalars(crowded)).all():
        of_user = select(col(Notification.id)).where(col(Notification.in_inbox))
        of_user = of_user.where(col(Notification.user_id) == user_id)
        newest_first = of_user.order_by(col(Notification.created_at).desc(), col(Notification.id))
        ids = (await session.scalars(newest_first.offset(limit).limit(CHUNK))).all()
        await session.execute(delete(Notification).where(col(Notification.id).in_(ids)))


async def erase_user(session: AsyncSession, user_id: str) -> None:
    await session.execute(delete(Notification).where(col(Notification.user_id) == user_id))
