"""The rules of figures."""

from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from analytics_service import repository
from analytics_service.dead_letters import repository as desk
from analytics_service.models import DeadLetter
from analytics_service.schemas import Summary
from contracts.event import CloudEvent, Event


async def count(session: AsyncSession, envelope: CloudEvent[Event], name: str) -> None:
    """Count `name` for the user and the day of the event, unless the user is erased."""
    await repository.add(session, envelope.data.user_id, envelope.time.astimezone(UTC).date(), name)


async def summary(session: AsyncSession, user_id: str) -> Summary:
    totals = await repository.totals(session, user_id)
    return Summary.model_validate(
        {name: value for name, value in totals.items() if name in Summary.model_fields}
    )


async def park(session: AsyncSession, letter: DeadLetter) -> None:
    """Keep a dead letter, unless it holds data of an erased user."""
    if not await repository.is_erased(session, letter.user_id):
        await desk.park(session, letter)


async def erase_user(session: AsyncSession, user_id: str) -> None:
    """Forget everything of a user whose account is gone, for good: whatever comes later finds it erased."""
    await repository.note_erased(session, user_id, datetime.now(UTC))
    await repository.erase_user(session, user_id)
    await desk.erase_user(session, user_id)
