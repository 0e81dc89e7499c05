"""What the API takes and shows of reminders."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from notification_service.models import Delivery, Reminder
from servicekit.web.schemas import Instant, RequestBody, Text

State = Literal["waiting", "planned", "due", "cancelled", "past"]
ReceiptState = Literal["planned", "due", "sent", "delivered", "opened", "failed", "dropped"]


class ReminderCreate(RequestBody):
    """Of a task, so long before it is due or at an instant; or of something else, at an instant."""

    task_id: Annotated[Text, Field(max_length=100)] | None = None
    title: Annotated[Text, Field(max_length=500)] | None = None
    minutes_before: int | None = Field(default=None, ge=0, le=525_600, strict=True)
    at: Instant | None = None

    @model_validator(mode="after")
    def says_when_and_of_what(self) -> "ReminderCreate":
        if (self.minutes_before is None) == (self.at is None):
            raise ValueError("either minutes_before or at")
        if self.task_id is None and self.minutes_before is not None:
            raise ValueError("minutes_before needs a task_id")
        if self.task_id is None and not (self.title or "").strip():
            raise ValueError("a reminder of no task needs a title")
        return self


class Snooze(RequestBody):
    """How long to be left alone."""

    minutes: int = Field(default=10, ge=1, le=7 * 24 * 60, strict=True)


class ReceiptRead(BaseModel):
    """What became of a reminder on one channel."""

    model_config = ConfigDict(from_attributes=True)

    id: str | None
    """Of the delivery; null while it is only planned."""
    channel_id: str | None
    """Null for the inbox."""
    kind: str
    state: ReceiptState
    attempts: int
    next_at: datetime | None
    error: str
    sent_at: datetime | None
    delivered_at: datetime | None
    opened_at: datetime | None

    @classmethod
    def create_planned(cls, kind: str, channel_id: str | None, at: datetime | None) -> "ReceiptRead":
        empty = dict.fromkeys(("id", "sent_at", "delivered_at", "opened_at"))
        known = {"channel_id": channel_id, "kind": kind, "state": "planned", "next_at": at}
        return cls.model_validate(empty | known | {"attempts": 0, "error": ""})


class ReminderRead(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: str
    kind: Literal["task", "own", "snooze", "digest"]
    task_id: str | None
    title: str
    minutes_before: int | None
    at: datetime | None
    remind_at: datetime | None
    state: State
    fired_at: datetime | None
    late: bool
    created_at: datetime
    receipts: list[ReceiptRead]

    @classmethod
    def create(cls, reminder: Reminder, receipts: list[ReceiptRead]) -> "ReminderRead":
        return cls.model_validate({**reminder.model_dump(), "receipts": receipts})


def receipt_of(delivery: Delivery) -> ReceiptRead:
    return ReceiptRead.model_validate(delivery)
