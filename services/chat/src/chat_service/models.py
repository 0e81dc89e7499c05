"""Tables of the chat service. Conversations are in the state store, see `conversations`."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from servicekit.idempotency import IdempotencyRow
from servicekit.inbox import InboxRow
from servicekit.outbox import OutboxRow

__all__ = ["DeletedUser", "IdempotencyRow", "InboxRow", "OutboxRow"]


class DeletedUser(SQLModel, table=True):
    """A user whose account is gone. Their access tokens are good for some minutes more."""

    __tablename__ = "erased_speaker"

    id: str = Field(primary_key=True)
    erased_at: datetime
