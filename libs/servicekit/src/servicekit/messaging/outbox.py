"""Transactional outbox: the event is written in the same transaction as the change it tells of."""

from datetime import UTC, datetime

from sqlalchemy import BigInteger, Column, Integer
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session
from sqlmodel import Field, SQLModel

from contracts.event import CloudEvent, Event, F, wrap
from contracts.names import Topic
from servicekit.messaging.dead_letters import build_dead_letter
from servicekit.observability.tracing import create_publish_span
from servicekit.persistence.deferred_inserts import create_deferred_insert, defer_rows
from servicekit.uuids import new_id


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


OUTBOX = create_deferred_insert("outbox", lambda insert: insert(OutboxRow.metadata.tables["outbox"]))
"""Numbered in the order in which they are put aside."""


def record_event(session: Session | AsyncSession, event: F) -> CloudEvent[F]:
    """Add `event` to the transaction of `session`; it is published after the commit."""
    now, id = datetime.now(UTC), new_id()
    envelope = wrap(
        event,
        id=id,
        source=f"/services/{session.info['app']}",
        time=now,
        traceparent=create_publish_span(event.topic, id),
    )
    _add(session, event.topic, event.user_id, envelope.id, envelope.model_dump_json())
    return envelope


def record_dead_letter(session: AsyncSession, event: CloudEvent[Event], cause: str) -> None:
    """Add a dead letter about `event`, which this service itself gives up, to the transaction."""
    app = session.info["app"]
    message = build_dead_letter(app, event.data.topic, event.id, event.model_dump(mode="json"), cause)
    _add(session, Topic.DEAD_LETTERS, message.key, message.id, message.payload)


def _add(session: Session | AsyncSession, topic: Topic, key: str, event_id: str, payload: str) -> None:
    session.info["recorded"] = True
    row = {"topic": topic, "key": key, "event_id": event_id, "payload": payload}
    defer_rows(session, OUTBOX, row | {"recorded_at": datetime.now(UTC)})
