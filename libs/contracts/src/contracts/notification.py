"""What the notification service tells: what reached a user's inbox, and what was read."""

from datetime import date, datetime
from typing import ClassVar

from contracts.event import Event
from contracts.names import Topic


class NotificationEvent(Event):
    """A change of one entry of a user's inbox."""

    topic: ClassVar[Topic] = Topic.NOTIFICATION_EVENTS

    notification_id: str
    """UUID of the entry of the inbox."""

    @property
    def subject(self) -> str:
        return self.notification_id


class NotificationCreated(NotificationEvent):
    """An entry came into the inbox."""

    type: ClassVar[str] = "todo.notification.created.v1"

    kind: str
    """Why it is there, such as `reminder`."""
    title: str
    """What to show."""
    task_id: str | None
    """UUID of the task it is about; null: of none."""
    created_at: datetime
    """In UTC."""
    reminder_id: str | None = None
    """The reminder it is, for the kind `reminder`."""
    due_at: datetime | None = None
    """When its task is due, in UTC; null for a day without a time."""
    due_date: date | None = None
    """The day its task is due, on the wall of the task's zone."""
    text: str = ""
    """More than the title says: the tasks of a digest, the reason of a failure."""
    late: bool = False
    """Whether it comes long after its time, because the system was away."""


class DeliveryFailed(NotificationEvent):
    """A notification could not be delivered on one channel, however often it was tried."""

    type: ClassVar[str] = "todo.notification.delivery-failed.v1"

    delivery_id: str
    """UUID of the delivery."""
    channel: str
    """Kind of the channel: `email`, `push` or `webhook`."""
    error: str
    """What went wrong at the last try."""


class NotificationRead(NotificationEvent):
    """An entry was read."""

    type: ClassVar[str] = "todo.notification.read.v1"

    read_at: datetime
    """In UTC."""
