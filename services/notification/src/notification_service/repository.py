"""Every query of the notification service."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Integer, Select, bindparam, delete, exists, func, literal, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from notification_service.list_parameters import InList, build_in_list_query
from notification_service.models import Notification
from notification_service.schemas import NotificationRead
from servicekit.persistence.database import execute_per_dialect
from servicekit.persistence.prepared_queries import PreparedQuery

FOLLOWING = ("task", "own")
"""Kinds of reminders that follow a task."""
_KNOWN, _REMINDER, _CHANNEL = (
    Notification.metadata.tables[name].c for name in ("known_task", "reminder", "channel")
)
CHUNK = 5_000
"""Rows of one user dropped in one go; the next round takes more."""
_ENTRY = Notification.metadata.tables["notification"].c
_FIRST_PAGE = (
    select(*(_ENTRY[name] for name in NotificationRead.model_fields))
    .where(_ENTRY.user_id == bindparam("user_id", type_=_ENTRY.user_id.type), _ENTRY.in_inbox)
    .order_by(_ENTRY.created_at.desc(), _ENTRY.id.desc())
    .limit(bindparam("limit", type_=Integer()))
)
FIRST_PAGE = PreparedQuery(_FIRST_PAGE)
"""What `newest` finds, as it is shown: `user_id`, `limit`."""
FIRST_UNREAD = PreparedQuery(_FIRST_PAGE.where(_ENTRY.read_at.is_(None)))
"""No others than those that are not read."""


class KnownVersion(NamedTuple):
    """What was told of a task last, and whose it is."""

    version: int
    user_id: str


class Surroundings(NamedTuple):
    """What is there of some tasks and of their users, to be looked for where it is."""

    told: dict[str, KnownVersion]
    """Those of the tasks that are known, locked, by id."""
    has_reminders: bool
    """Whether any of the tasks has one that follows it."""
    has_channels: bool
    """Whether any of the users has one in use."""


def _build_lookup(among: InList) -> Select[Any]:
    known = select(_KNOWN.id, _KNOWN.version, _KNOWN.user_id).where(among(_KNOWN.id, "tasks"))
    locked = known.order_by(_KNOWN.id).with_for_update().cte("known")
    follows = among(_REMINDER.task_id, "tasks") & _REMINDER.kind.in_(FOLLOWING)
    in_use = among(_CHANNEL.user_id, "users") & _CHANNEL.is_active
    query = select(
        *locked.c, exists().where(follows).label("follows"), exists().where(in_use).label("in_use")
    )
    return query.select_from(select(literal(1)).subquery("one").outerjoin(locked, true()))


_AROUND = build_in_list_query(_build_lookup)


async def load_surroundings(
    session: AsyncSession, tasks: Collection[str], users: Collection[str]
) -> Surroundings:
    """Look around, after locking the users: most tasks have no reminders, and most users no channels."""
    rows = (await execute_per_dialect(session, _AROUND, {"tasks": list(tasks), "users": list(users)})).all()
    told = {row.id: KnownVersion(row.version, row.user_id) for row in rows if row.id is not None}
    return Surroundings(told, bool(rows[0].follows), bool(rows[0].in_use))


async def lock_entry(session: AsyncSession, user_id: str, id: str) -> Notification | None:
    """An entry of the inbox of this user, for a change."""
    is_it = (col(Notification.id) == id, col(Notification.user_id) == user_id)
    query = select(Notification).where(*is_it, col(Notification.in_inbox))
    return (await session.scalars(query.with_for_update())).first()


async def list_entries(
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


async def purge_entries(session: AsyncSession, before: datetime, limit: int) -> None:
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


async def delete_user(session: AsyncSession, user_id: str) -> None:
    await session.execute(delete(Notification).where(col(Notification.user_id) == user_id))
