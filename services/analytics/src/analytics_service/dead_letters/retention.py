"""Dead letters are kept for a while, looked at or not: users can cause them, so they must not pile up."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from analytics_service.models import DeadLetter

KEPT = timedelta(days=90)
"""Since it failed the last time; three times as long as Kafka has it (`kafka/topics.yaml`)."""


async def forget(session: AsyncSession) -> None:
    await session.execute(delete(DeadLetter).where(col(DeadLetter.failed_at) < datetime.now(UTC) - KEPT))
