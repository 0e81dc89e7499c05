"""What the API takes and shows of reminders."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, model_validator

from notification_service.models import Delivery, Reminder
from servicekit.web.schemas import Instant, RequestBody, ResponseModel, Text

State = Literal["waiting", "planned", "due", "cancelled", "past"]
ReceiptState = Literal["planned", "due", "sent", "delivered", "opened", "failed", "dropped"]


class ReminderCreate(RequestBody):
    """Of a task, so long before it is due or at an instant; or of something else, at an instant."""

    task_id: Annotated[Text, Field(max_length=100)] | None = None
    """UUID of the task to remind of; null: of something else, which `title` says."""
    title: Annotated[Text, Field(max_length=500)] | None = None
    """What to remind of, up to 500 characters; null: the title of the task."""
    minutes_before: int | None = Field(default=None, ge=0, le=525_600, strict=True)
    """Minutes before the task is due, up to a year; only this or `at`."""
    at: Instant | None = None
    """The instant to remind at; RFC 3339. Only this or `minutes_before`."""

    @model_validator(mode="after")
    def says_when_and_of_what(self) -> "ReminderCreate":
        if (self.minutes_before is None) == (self.at is None):
            raise ValueError("give either minutes_before or at")
        if self.task_id is None and self.minutes_before is not None:
            raise ValueError("minutes_before needs a task_id")
        if self.task_id is None and not (self.title or "").strip():
            raise ValueError("a reminder without a task needs a title")
        return self


class Snooze(RequestBody):
    """How long to be left alone."""

    minutes: int = Field(default=10, ge=1, le=7 * 24 * 60, strict=True)
    """From now; up to a week."""


class ReceiptRead(ResponseModel):
    """What became of a reminder on one channel."""

    id: str | None
    """Of the delivery; null while it is only planned."""
    channel_id: str | None
    """Null for the inbox."""
    kind: str
    """Of the channel: `inbox`, `email`, `push` or `webhook`."""
    state: ReceiptState
    """How far it is: `planned`, `due`, `sent` to a relay, `delivered`, `opened`; or `failed`, `dropped`."""
    attempts: int
    """How often it was tried."""
    next_at: datetime | None
    """When it is tried next; RFC 3339, UTC. Null: no more."""
    error: str
    """Why the last try failed; empty if it did not."""
    sent_at: datetime | None
    """When it was sent; RFC 3339, UTC. Null until then."""
    delivered_at: datetime | None
    """When the receiver had it; RFC 3339, UTC. Null if that is not known."""
    opened_at: datetime | None
    """When somebody opened it; RFC 3339, UTC. Null if that is not known."""

    @classmethod
    def create_planned(cls, kind: str, channel_id: str | None, at: datetime | None) -> "ReceiptRead":
        empty = dict.fromkeys(("id", "sent_at", "delivered_at", "opened_at"))
        known = {"channel_id": channel_id, "kind": kind, "state": "planned", "next_at": at}
        return cls.model_validate(empty | known | {"attempts": 0, "error": ""})


class ReminderRead(ResponseModel):
    """A reminder as it is now."""

    id: str
    """UUID of the reminder."""
    kind: Literal["task", "own", "snooze", "digest"]
    """Of a task's field `reminders`, one of your own, a snoozed one, or the daily digest."""
    task_id: str | None
    """UUID of the task; null: of none."""
    title: str
    """What it reminds of."""
    minutes_before: int | None
    """Minutes before the task is due; null if it is at an instant."""
    at: datetime | None
    """The instant it was set to; null if it follows the task."""
    remind_at: datetime | None
    """When it fires; RFC 3339, UTC. Null if it does not, as its task has no date."""
    state: State
    """`waiting` for a date, `planned`, `due`, then `past`; or `cancelled`."""
    fired_at: datetime | None
    """When it fired; RFC 3339, UTC. Null until then."""
    late: bool
    """Whether it fired long after its time."""
    created_at: datetime
    """When it was created; RFC 3339, UTC."""
    receipts: list[ReceiptRead]
    """What became of it on each channel."""

    @classmethod
    def create(cls, reminder: Reminder, receipts: list[ReceiptRead]) -> "ReminderRead":
        return cls.model_validate({**reminder.model_dump(), "receipts": receipts})


def receipt_of(delivery: Delivery) -> ReceiptRead:
    return ReceiptRead.model_validate(delivery)
