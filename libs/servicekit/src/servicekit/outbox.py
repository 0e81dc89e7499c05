"""Transactional outbox: the event is written in the same transaction as the change it tells of."""

from datetime import UTC, datetime

from sqlalchemy import BigInteger, Column, Integer
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import Field, SQLModel

from contracts.event import CloudEvent, Event, F, wrap
from contracts.names import Topic
from servicekit.aside import inserting, put_aside
from servicekit.dead_letters import dead_letter
from servicekit.ids import new_id
from servicekit.tracing import publish_traceparent


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


OUTBOX = inserting("outbox", lambda insert: insert(OutboxRow.metadata.tables["outbox"]))
"""Numbered in the order in which they are put aside."""


def record(session: AsyncSession, event: F) -> CloudEvent[F]:
    """Add `event` to the transaction of `session`; it is published after the commit."""
    now, id = datetime.now(UTC), new_id()
    envelope = wrap(
        event,
        id=id,
        source=f"/services/{session.info['app']}",
        time=now,
        traceparent=publish_traceparent(event.topic, id),
    )
    _add(session, event.topic, event.user_id, envelope.id, envelope.model_dump_json())
    return envelope


def record_letter(session: AsyncSession, event: CloudEvent[Event], cause: str) -> None:
    """Add a dead letter about `event`, which this service itself gives up, to the transaction."""
    app = session.info["app"]
    letter = dead_letter(app, event.data.topic, event.id, event.model_dump(mode="json"), cause)
    _add(session, Topic.DEAD_LETTERS, letter.key, letter.id, letter.payload)


def _add(session: AsyncSession, topic: Topic, key: str, event_id: str, payload: str) -> None:
    session.info["recorded"] = True
    row = {"topic": topic, "key": key, "event_id": event_id, "payload": payload}
    put_aside(session, OUTBOX, row | {"recorded_at": datetime.now(UTC)})
