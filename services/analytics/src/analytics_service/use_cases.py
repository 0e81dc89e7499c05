"""The rules of figures."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from analytics_service import repository
from analytics_service.dead_letters import repository as dead_letters
from analytics_service.models import DeadLetter
from analytics_service.schemas import Summary
from contracts.event import CloudEvent, Event
from servicekit.persistence.database import Database


async def count_events(session: AsyncSession, named_events: Sequence[tuple[CloudEvent[Event], str]]) -> None:
    """Count events, each under a name for its user and its day, unless the user is erased."""
    days = ((each.data.user_id, each.time.astimezone(UTC).date(), name) for each, name in named_events)
    await repository.increment_counts(session, Counter(days))


async def read_summary(session: AsyncSession, user_id: str) -> Summary:
    totals = await repository.CountRepository(session, user_id).sum_counts()
    return Summary.model_validate(
        {name: value for name, value in totals.items() if name in Summary.model_fields}
    )


async def read_summary_fast(database: Database, user_id: str) -> dict[str, int]:
    """What `summary` gives, as it is shown."""
    rows = await repository.READ_TOTALS.rows(database, {"user_id": user_id})
    totals = {row["name"]: int(row["total"]) for row in rows}
    return {name: totals.get(name, 0) for name in Summary.model_fields}


async def store_dead_letter(session: AsyncSession, dead_letter: DeadLetter) -> None:
    """Keep a dead letter, unless it holds data of an erased user."""
    if not await repository.is_deleted(session, dead_letter.user_id):
        await dead_letters.store_dead_letter(session, dead_letter)


async def purge_user(session: AsyncSession, user_id: str) -> None:
    """Purge everything of a deleted user; their tombstone keeps later events from having an effect."""
    await repository.record_deleted_user(session, user_id, datetime.now(UTC))
    await repository.CountRepository(session, user_id).erase_all()
    await dead_letters.delete_user(session, user_id)
