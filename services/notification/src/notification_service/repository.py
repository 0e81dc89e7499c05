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
from servicekit.persistence.ownership import ANY_OWNER, OwnedRepository
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
    ANY_OWNER.select(*(_ENTRY[name] for name in NotificationRead.model_fields), of=_ENTRY)
    .where(_ENTRY.in_inbox)
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

    known: dict[str, KnownVersion]
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
    known = {row.id: KnownVersion(row.version, row.user_id) for row in rows if row.id is not None}
    return Surroundings(known, bool(rows[0].follows), bool(rows[0].in_use))


class InboxRepository(OwnedRepository):
    """The inbox of one owner."""

    async def has_entry(self, id: str) -> bool:
        """Whether there is a notification of that id, in the inbox or for webhooks only."""
        query = self.select(col(Notification.id), of=Notification).where(col(Notification.id) == id)
        return await self.session.scalar(query) is not None

    async def lock_entry(self, id: str) -> Notification | None:
        """An entry, for a change."""
        query = self.select(Notification).where(col(Notification.id) == id, col(Notification.in_inbox))
        return (await self.session.scalars(query.with_for_update())).first()

    async def list_entries(
        self, unread: bool | None, before: tuple[datetime, str] | None, limit: int
    ) -> Sequence[Notification]:
        """Newest first, after the entry made at that time with that id; `unread` keeps only one kind."""
        query = self.select(Notification).where(col(Notification.in_inbox))
        if unread is not None:
            is_unread = col(Notification.read_at).is_(None)
            query = query.where(is_unread if unread else ~is_unread)
        created_at, key = col(Notification.created_at), col(Notification.id)
        if before:
            made, id = before
            query = query.where((created_at < made) | ((created_at == made) & (key < id)))
        return (await self.session.scalars(query.order_by(created_at.desc(), key.desc()).limit(limit))).all()

    async def find_excess(self, limit: int) -> Sequence[str]:
        """Ids of the entries beyond the newest `limit`."""
        query = self.select(col(Notification.id), of=Notification).where(col(Notification.in_inbox))
        newest_first = query.order_by(col(Notification.created_at).desc(), col(Notification.id))
        return (await self.session.scalars(newest_first.offset(limit).limit(CHUNK))).all()

    async def drop_entries(self, ids: Sequence[str]) -> None:
        await self.session.execute(self.delete(Notification).where(col(Notification.id).in_(ids)))

    async def erase_all(self) -> None:
        await self.session.execute(self.delete(Notification))


async def purge_entries(session: AsyncSession, before: datetime, limit: int) -> None:
    """Drop what only webhooks were told before then, and the oldest entries of inboxes over `limit`."""
    not_shown = ~col(Notification.in_inbox) & (col(Notification.created_at) < before)
    await session.execute(delete(Notification).where(not_shown))
    crowded = select(col(Notification.user_id)).where(col(Notification.in_inbox))
    crowded = crowded.group_by(col(Notification.user_id)).having(func.count() > limit)
    for user_id in (await session.scalars(crowded)).all():
        inbox = InboxRepository(session, user_id)
        await inbox.drop_entries(await inbox.find_excess(limit))
