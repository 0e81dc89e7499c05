"""What the API of the notification service shows."""

from datetime import date, datetime

from pydantic import BaseModel, ConfigDict


class NotificationRead(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: str
    kind: str
    title: str
    text: str
    task_id: str | None
    reminder_id: str | None
    import_id: str | None
    """Of what became of an import: `GET /import/{id}` has its report."""
    channel_id: str | None
    """Of a channel that fails or was switched off."""
    due_at: datetime | None
    due_date: date | None
    """Of a reminder: the day its task is due, also where the task has no time."""
    late: bool
    """Whether a reminder came long after its time."""
    created_at: datetime
    read_at: datetime | None
