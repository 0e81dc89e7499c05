"""Calendar subscriptions: a secret URL per user, stored as a hash only."""

import hashlib
import secrets
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from servicekit.errors import NotFound
from servicekit.persistence.database import Database
from servicekit.security.auth import Principal
from task_service.calendar_feed import repository
from task_service.calendar_feed.models import CalendarFeed
from task_service.models import Task
from task_service.tasks import queries
from task_service.tasks import repository as tasks

PAGE = 500
SECRET_BYTES = 32
"""256 random bits: a fast hash protects them as well as a slow one would."""


async def renew_feed(session: AsyncSession, user: Principal) -> tuple[CalendarFeed, str]:
    """A new address and its secret; the one before it ends. Raises `AccountGone`."""
    await tasks.lock_user(session, user.user_id)
    await tasks.require_account(session, user.user_id)
    secret = secrets.token_urlsafe(SECRET_BYTES)
    feed = await repository.find_by_user(session, user.user_id)
    if feed is None:
        feed = CalendarFeed(user_id=user.user_id, secret_hash="", created_at=datetime.now(UTC))
        session.add(feed)
    feed.secret_hash, feed.created_at, feed.time_zone = (
        _hash_secret(secret),
        datetime.now(UTC),
        user.time_zone,
    )
    return feed, secret


async def read_feed(session: AsyncSession, user: Principal) -> CalendarFeed | None:
    return await repository.find_by_user(session, user.user_id)


async def close_feed(session: AsyncSession, user: Principal) -> None:
    """Close the address; nothing happens if there is none."""
    await repository.erase_user(session, user.user_id)


async def update_time_zone(session: AsyncSession, user_id: str, zone: str) -> None:
    """The user lives in the IANA zone `zone` now."""
    feed = await repository.find_by_user(session, user_id)
    if feed:
        feed.time_zone = zone


async def find_owner(session: AsyncSession, secret: str) -> Principal:
    """Whose tasks the address with this secret shows. Raises `NotFound`."""
    feed = await repository.find_by_hash(session, _hash_secret(secret))
    if feed is None:
        raise NotFound
    return Principal(feed.user_id, "user", feed.time_zone, "", 0)


async def iterate_pages(user: Principal, filter: str, database: Database) -> AsyncIterator[Sequence[Task]]:
    """What a saved filter finds, page by page."""
    cursor: str | None = None
    while True:
        async with database.reading() as session:
            found = await queries.find_tasks(session, user, queries.ListParams(saved=filter), PAGE, cursor)
        yield found.tasks
        cursor = found.next_cursor
        if cursor is None:
            return


def _hash_secret(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
