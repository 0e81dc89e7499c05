"""What the API of the notification service shows."""

from datetime import date, datetime

from servicekit.web.schemas import ResponseModel


class NotificationRead(ResponseModel):
    """An entry of the inbox."""

    id: str
    """UUID of the entry."""
    kind: str
    """Why it is there: `reminder`, `digest`, what happened to a task, an import or a channel."""
    title: str
    """What to show, mostly the title of the task."""
    text: str
    """More to show; may be empty."""
    task_id: str | None
    """UUID of the task it is about; null: of none."""
    reminder_id: str | None
    """UUID of the reminder that fired; null: none did."""
    import_id: str | None
    """Of what became of an import: `GET /import/{id}` has its report."""
    channel_id: str | None
    """Of a channel that fails or was switched off."""
    due_at: datetime | None
    """Of a reminder: when its task is due; RFC 3339, UTC."""
    due_date: date | None
    """Of a reminder: the day its task is due, also where the task has no time."""
    late: bool
    """Whether a reminder came long after its time."""
    created_at: datetime
    """When it was created; RFC 3339, UTC."""
    read_at: datetime | None
    """When it was read; RFC 3339, UTC. Null while it is unread."""
