"""The idempotent consumer: an event has its effect once, however often it is delivered (at least once)."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import Field, SQLModel, col

from contracts.names import App
from servicekit.persistence.deferred_inserts import create_deferred_insert, write_rows

RETENTION = timedelta(days=35)
"""Longer than Kafka keeps events and dead letters (`kafka/topics.yaml`: 30 days at most)."""


class ProcessedMessageRow(SQLModel, table=True):
    """An event this consumer has handled, written in the transaction of its effect."""

    __tablename__ = "inbox"

    consumer: str = Field(primary_key=True)
    event_id: str = Field(primary_key=True)
    handled_at: datetime = Field(index=True)


_TABLE = ProcessedMessageRow.metadata.tables["inbox"]
_CLAIM = create_deferred_insert(
    "claimed", lambda insert: insert(_TABLE).on_conflict_do_nothing().returning(_TABLE.c.event_id)
)


async def claim_messages(session: AsyncSession, consumer: App, event_ids: Sequence[str]) -> set[str]:
    """Note that `consumer` handles these events; returns the ids that are new to it.

    A transaction that claims an id another open transaction has claimed waits for that one's end.
    """
    now = datetime.now(UTC)
    rows = [{"consumer": consumer, "event_id": id, "handled_at": now} for id in event_ids]
    return set((await write_rows(session, _CLAIM, rows)).scalars())


async def purge_expired(session: AsyncSession) -> None:
    """Drop rows that no delivery can repeat any more."""
    before = datetime.now(UTC) - RETENTION
    await session.execute(delete(ProcessedMessageRow).where(col(ProcessedMessageRow.handled_at) < before))
