"""The rules of the calendar address."""

import hashlib
import secrets
from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from servicekit.auth import Principal
from servicekit.errors import NotFound
from task_service import repository as tasks
from task_service.feed import repository
from task_service.feed.models import CalendarFeed

SECRET_BYTES = 32
"""256 random bits: a fast hash protects them as well as a slow one would."""


async def renew(session: AsyncSession, user: Principal) -> tuple[CalendarFeed, str]:
    """A new address and its secret; the one before it ends. Raises `AccountGone`."""
    await tasks.take_turn(session, user.user_id)
    await tasks.require_account(session, user.user_id)
    secret = secrets.token_urlsafe(SECRET_BYTES)
    feed = await repository.of_user(session, user.user_id)
    if feed is None:
        feed = CalendarFeed(user_id=user.user_id, secret_hash="", created_at=datetime.now(UTC))
        session.add(feed)
    feed.secret_hash, feed.created_at = _hash(secret), datetime.now(UTC)
    return feed, secret


async def read(session: AsyncSession, user: Principal) -> CalendarFeed | None:
    return await repository.of_user(session, user.user_id)


async def end(session: AsyncSession, user: Principal) -> None:
    """Close the address; nothing happens if there is none."""
    await repository.erase_user(session, user.user_id)


async def owner(session: AsyncSession, secret: str) -> str:
    """Whose tasks the address with this secret shows. Raises `NotFound`."""
    feed = await repository.by_hash(session, _hash(secret))
    if feed is None:
        raise NotFound
    return feed.user_id


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
