"""The rules of figures and dead letters."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy.ext.asyncio import AsyncSession

from analytics_service import repository
from analytics_service.models import DeadLetter
from analytics_service.schemas import Summary
from contracts.event import CloudEvent, Event

GIVEN_UP_BY_DAPR = "given up by the sidecar after its retries"


async def count(session: AsyncSession, envelope: CloudEvent[Event], name: str) -> None:
    """Count `name` for the user and the day of the event."""
    await repository.add(session, envelope.data.user_id, envelope.time.astimezone(UTC).date(), name)


async def summary(session: AsyncSession, user_id: str) -> Summary:
    totals = await repository.totals(session, user_id)
    return Summary.model_validate(
        {name: value for name, value in totals.items() if name in Summary.model_fields}
    )


async def erase_user(session: AsyncSession, user_id: str) -> None:
    """Forget everything of a user whose account is gone."""
    await repository.erase_user(session, user_id)


async def park(session: AsyncSession, raw: Any) -> None:
    """Keep a dead letter, whatever it is."""
    await repository.park(session, _letter(raw))


async def dead_letters(
    session: AsyncSession, before: tuple[datetime, str] | None, limit: int
) -> Sequence[DeadLetter]:
    return await repository.newest_dead_letters(session, before, limit)


def _letter(raw: Any) -> DeadLetter:
    """A letter of ours carries consumer and cause; one of Dapr's is the failed event itself."""
    event = raw if isinstance(raw, dict) else {}
    ours = event.get("data") if event.get("type") == "todo.dead-letter.v1" else None
    failed = ours.get("event") if isinstance(ours, dict) else raw
    event_id = failed.get("id") if isinstance(failed, dict) else None
    text = orjson.dumps(failed).decode()
    consumer = str(ours["consumer"]) if ours else ""
    event_id = str(event_id or hashlib.sha256(text.encode()).hexdigest())
    return DeadLetter(
        id=f"{event_id}.{consumer or 'dapr'}",
        event_id=event_id,
        consumer=consumer,
        topic=str(ours["topic"] if ours else event.get("topic", "")),
        cause=str(ours["cause"]) if ours else GIVEN_UP_BY_DAPR,
        event=text,
        parked_at=datetime.now(UTC),
    )
