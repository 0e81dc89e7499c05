"""Dead letters are kept for a while, looked at or not: users can cause them, so they must not pile up."""

from datetime import UTC, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from analytics_service.dead_letters import repository

KEPT = timedelta(days=90)
"""Since it failed the last time; three times as long as Kafka has it (`kafka/topics.yaml`)."""


async def purge_dead_letters(session: AsyncSession) -> None:
    await repository.delete_failed_before(session, datetime.now(UTC) - KEPT)
