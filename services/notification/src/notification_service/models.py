"""Tables of the notification service."""

from datetime import date, datetime, time
from typing import Any

from sqlalchemy import JSON, Column
from sqlmodel import Field, SQLModel

from servicekit.messaging.outbox import OutboxRow
from servicekit.messaging.processed_messages import ProcessedMessageRow
from servicekit.web.idempotency import IdempotencyRow

__all__ = [
    "Channel",
    "Delivery",
    "DeliveryAttempt",
    "IdempotencyRow",
    "Notification",
    "OutboxRow",
    "ProcessedMessageRow",
    "QuotaUse",
    "Recipient",
    "Reminder",
    "ScheduledJob",
    "TaskProjection",
]


class Recipient(SQLModel, table=True):
    """Read model of a user, from user-events, with their preferences; emptied, it is the tombstone of a
    deleted one."""

    __tablename__ = "person"

    id: str = Field(primary_key=True)
    email: str = ""
    name: str = ""
    time_zone: str = "UTC"
    quiet_from: time | None = None
    quiet_to: time | None = None
    """Wall-clock times between which nothing that makes a noise is sent."""
    day_starts_at: time = time(9)
    """When a task that has a date and no time counts as due."""
    default_reminder: int | None = None
    """Minutes before due, for tasks with a time and no reminder of their own."""
    digest_at: time | None = None
    """Wall-clock time of the daily digest."""
    erased_at: datetime | None = None


class TaskProjection(SQLModel, table=True):
    """Projection of a task, from todo-events: what reminders and digest need. Only a newer version changes
    it, so events may repeat or come late."""

    __tablename__ = "known_task"

    id: str = Field(primary_key=True)
    user_id: str
    title: str
    due_date: date | None = None
    due_at: datetime | None = None
    time_zone: str | None = None
    is_open: bool
    has_reminders: bool = False
    """Whether it came with reminders, so that the default one is not for it."""
    version: int
    deleted_at: datetime | None = None
    """Since when it is in the trash; of one that left the trash nothing is told."""


class Reminder(SQLModel, table=True):
    """One thing to remind of, and when."""

    __tablename__ = "reminder"

    id: str = Field(primary_key=True)
    """Of a reminder that came with a task: made from task and spec, so it is planned once."""
    user_id: str
    kind: str
    """`task` (came with one), `own` (made through the API), `snooze` or `digest`."""
    task_id: str | None = None
    title: str
    minutes_before: int | None = None
    at: datetime | None = None
    remind_at: datetime | None = None
    state: str
    """`waiting` (no due date), `planned`, `due` (fired), `cancelled` or `past` (was over when it was set)."""
    fired_at: datetime | None = None
    late: bool = False
    created_at: datetime


class Notification(SQLModel, table=True):
    """One entry of a user's inbox."""

    __tablename__ = "notification"

    id: str = Field(primary_key=True)
    """Made from what it tells of: an event's id, or a reminder and its instant."""
    user_id: str
    kind: str
    """One of `notification_rules.IN_INBOX`, or what only webhooks get: `task.created` and so on, `test`."""
    title: str
    text: str = ""
    task_id: str | None = None
    reminder_id: str | None = None
    import_id: str | None = None
    channel_id: str | None = None
    about: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    """Which project, label or filter it is of, by `project_id` and so on, and what of it has `changed`."""
    due_at: datetime | None = None
    due_date: date | None = None
    late: bool = False
    in_inbox: bool = True
    """Whether its user is shown it; what only a webhook asked for, and tests, are not."""
    created_at: datetime
    read_at: datetime | None = None


class Channel(SQLModel, table=True):
    """A way to reach a user beside the inbox."""

    __tablename__ = "channel"

    id: str = Field(primary_key=True)
    user_id: str
    kind: str
    """`email`, `push` or `webhook`."""
    target: str
    """Address or URL."""
    keys: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    """Push: `p256dh` and `auth` of the browser. Webhook: `secrets`, newest first, encrypted."""
    kinds: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    """Kinds of notifications it gets."""
    is_active: bool = True
    note: str = ""
    """Why it is not active."""
    created_at: datetime


class Delivery(SQLModel, table=True):
    """One notification on one channel: the receipt."""

    __tablename__ = "delivery"

    id: str = Field(primary_key=True)
    """Made from notification and channel: a repeat has the same."""
    user_id: str
    notification_id: str
    reminder_id: str | None = None
    channel_id: str | None = None
    """None for the inbox."""
    kind: str
    host: str = ""
    """Where it goes; what is in flight to one host is limited."""
    state: str
    """`due`, `sent`, `delivered`, `opened`, `failed` (given up) or `dropped` (the channel is gone)."""
    attempts: int = 0
    next_at: datetime | None = None
    """When it is to be sent; a worker that takes it moves this on, so it comes again if that one dies."""
    error: str = ""
    created_at: datetime
    sent_at: datetime | None = None
    delivered_at: datetime | None = None
    opened_at: datetime | None = None


class DeliveryAttempt(SQLModel, table=True):
    """One try to call a webhook."""

    __tablename__ = "attempt"

    id: str = Field(primary_key=True)
    delivery_id: str
    channel_id: str
    at: datetime
    milliseconds: int
    status: int | None = None
    """HTTP status; None if there was no response."""
    error: str = ""


class ScheduledJob(SQLModel, table=True):
    """An instant at which reminders are due: one job of the Dapr scheduler, which may forget it."""

    __tablename__ = "wake_up"

    at: datetime = Field(primary_key=True)
    is_set: bool = False
    """Whether the scheduler has confirmed the job."""


class QuotaUse(SQLModel, table=True):
    """One use of something that is limited in an hour."""

    __tablename__ = "quota_use"

    id: str = Field(primary_key=True)
    user_id: str
    name: str
    """`webhook_tests` or `redeliveries`."""
    at: datetime
