"""Transactional outbox: the event is written in the same transaction as the change it tells of."""

from datetime import UTC, datetime

from sqlalchemy import BigInteger, Column, Integer
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import Field, SQLModel

from contracts.event import Event, wrap
from servicekit.ids import new_id
from servicekit.tracing import current_traceparent


class OutboxRow(SQLModel, table=True):
    """An event that waits for the relay; the row goes when Kafka has acknowledged it."""

    __tablename__ = "outbox"
    __table_args__ = {"sqlite_autoincrement": True}  # a seq is never given out twice

    seq: int | None = Field(
        default=None,
        sa_column=Column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    )
    topic: str
    key: str
    """Partition key: rows of one key are published in the order of `seq`."""
    event_id: str
    payload: str
    """The CloudEvent as JSON, published as it stands."""
    recorded_at: datetime


def record(session: AsyncSession, event: Event) -> None:
    """Add `event` to the transaction of `session`; it is published after the commit."""
    now = datetime.now(UTC)
    envelope = wrap(
        event,
        id=new_id(),
        source=f"/services/{session.info['app']}",
        time=now,
        traceparent=current_traceparent(),
    )
    session.info["recorded"] = True
    session.add(
        OutboxRow(
            topic=event.topic,
            key=event.user_id,
            event_id=envelope.id,
            payload=envelope.model_dump_json(),
            recorded_at=now,
        )
    )
