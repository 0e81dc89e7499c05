"""Tables of the notification service."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from servicekit.idempotency import IdempotencyRow
from servicekit.inbox import InboxRow
from servicekit.outbox import OutboxRow

__all__ = ["IdempotencyRow", "InboxRow", "Notification", "OutboxRow"]


class Notification(SQLModel, table=True):
    """One entry of a user's inbox."""

    __tablename__ = "notification"

    id: str = Field(primary_key=True)
    """Id of the event it tells of."""
    user_id: str
    kind: str
    """`task.created`, `task.completed`, `task.reopened` or `task.deleted`."""
    title: str
    task_id: str | None = None
    created_at: datetime
    read_at: datetime | None = None
