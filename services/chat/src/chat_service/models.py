"""Tables of the chat service. Conversations are in the state store, see `conversations`."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from servicekit.messaging.outbox import OutboxRow
from servicekit.messaging.processed_messages import ProcessedMessageRow
from servicekit.web.idempotency import IdempotencyRow

__all__ = ["DeletedUser", "IdempotencyRow", "OutboxRow", "ProcessedMessageRow"]


class DeletedUser(SQLModel, table=True):
    """Tombstone of a user whose account is gone: their access tokens are good for some minutes more."""

    __tablename__ = "erased_speaker"

    id: str = Field(primary_key=True)
    erased_at: datetime
