"""Tables of the analytics service."""

from datetime import date, datetime

from sqlmodel import Field, SQLModel

from servicekit.messaging.outbox import OutboxRow
from servicekit.messaging.processed_messages import ProcessedMessageRow
from servicekit.web.idempotency import IdempotencyRow

__all__ = ["DailyCount", "DeadLetter", "DeletedUser", "IdempotencyRow", "OutboxRow", "ProcessedMessageRow"]


class DailyCount(SQLModel, table=True):
    """How often something happened to a user on one day (UTC)."""

    __tablename__ = "count"

    user_id: str = Field(primary_key=True)
    day: date = Field(primary_key=True)
    name: str = Field(primary_key=True)
    value: int


class DeletedUser(SQLModel, table=True):
    """Tombstone of a user whose account is gone: events of them may still come, from other topics, late."""

    __tablename__ = "erased_user"

    id: str = Field(primary_key=True)
    erased_at: datetime


class DeadLetter(SQLModel, table=True):
    """A message of the dead-letter topic: an event a consumer gave up, kept until somebody looks at it."""

    __tablename__ = "dead_letter"

    id: str = Field(primary_key=True)
    """Made from event and consumer (UUIDv5), so one that is delivered twice is stored once."""
    event_id: str
    consumer: str
    """App-id that gave up; empty where Dapr itself did, which doesn't tell."""
    topic: str
    user_id: str = ""
    """Whose data `event` holds; empty where it tells only that an account is gone, or nobody."""
    cause: str
    event: str
    """The event as it came, as JSON; or, if it was none, the bytes in base64."""
    parked_at: datetime
    state: str = "parked"
    """`parked`, `replayed` or `discarded`."""
    failures: int = 1
    failed_at: datetime
    """When the consumer gave up, the last time; a redelivery of the same says the same."""
    replays: int = 0
    replayed_at: datetime | None = None
    outcome: str = ""
    """What the last replay came to, or why it was discarded."""
