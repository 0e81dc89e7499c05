"""Queries of calendar addresses."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from servicekit.persistence.ownership import OwnedRepository
from task_service.calendar_feed.models import CalendarFeed


class CalendarFeedRepository(OwnedRepository):
    """The address of one owner."""

    async def find_feed(self) -> CalendarFeed | None:
        return await self.find_own(CalendarFeed)

    async def erase_all(self) -> None:
        await self.session.execute(self.delete(CalendarFeed))


async def find_feed_by_hash(session: AsyncSession, secret_hash: str) -> CalendarFeed | None:
    """Whoever's it is: the secret says who asks."""
    query = select(CalendarFeed).where(col(CalendarFeed.secret_hash) == secret_hash)
    return (await session.scalars(query)).first()
