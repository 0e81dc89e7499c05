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
from task_service.unit_of_work.unit import UnitOfWork, act_for

PAGE = 500
SECRET_BYTES = 32
"""256 random bits: a fast hash protects them as well as a slow one would."""


async def renew_feed(unit: UnitOfWork) -> tuple[CalendarFeed, str]:
    """A new address and its secret; the one before it ends. Raises `AccountGone`."""
    await unit.require_account()
    secret = secrets.token_urlsafe(SECRET_BYTES)
    feed = await unit.feeds.find_feed()
    if feed is None:
        feed = CalendarFeed(user_id=unit.user.user_id, secret_hash="", created_at=datetime.now(UTC))
        unit.add(feed)
    feed.secret_hash, feed.created_at, feed.time_zone = (
        _hash_secret(secret),
        datetime.now(UTC),
        unit.user.time_zone,
    )
    return feed, secret


async def read_feed(unit: UnitOfWork) -> CalendarFeed | None:
    return await unit.feeds.find_feed()


async def close_feed(unit: UnitOfWork) -> None:
    """Close the address; nothing happens if there is none."""
    await unit.feeds.erase_all()


async def update_time_zone(unit: UnitOfWork, zone: str) -> None:
    """The user lives in the IANA zone `zone` now."""
    feed = await unit.feeds.find_feed()
    if feed:
        feed.time_zone = zone


async def find_owner(session: AsyncSession, secret: str) -> Principal:
    """Whose tasks the address with this secret shows. Raises `NotFound`."""
    feed = await repository.find_feed_by_hash(session, _hash_secret(secret))
    if feed is None:
        raise NotFound
    return act_for(feed.user_id, feed.time_zone)


async def iterate_pages(user: Principal, filter: str, database: Database) -> AsyncIterator[Sequence[Task]]:
    """What a saved filter finds, page by page."""
    cursor: str | None = None
    while True:
        async with database.reading() as session:
            params = queries.ListParams(saved=filter)
            found = await queries.find_tasks(UnitOfWork(session, user), params, PAGE, cursor)
        yield found.tasks
        cursor = found.next_cursor
        if cursor is None:
            return


def _hash_secret(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
