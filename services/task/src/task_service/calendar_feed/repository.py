"""Queries of calendar addresses."""

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from task_service.calendar_feed.models import CalendarFeed


async def find_by_user(session: AsyncSession, user_id: str) -> CalendarFeed | None:
    return await session.get(CalendarFeed, user_id)


async def find_by_hash(session: AsyncSession, secret_hash: str) -> CalendarFeed | None:
    query = select(CalendarFeed).where(col(CalendarFeed.secret_hash) == secret_hash)
    return (await session.scalars(query)).first()


async def erase_user(session: AsyncSession, user_id: str) -> None:
    await session.execute(delete(CalendarFeed).where(col(CalendarFeed.user_id) == user_id))
