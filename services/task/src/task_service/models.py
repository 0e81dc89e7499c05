"""Tables of the task service."""

from datetime import date, datetime, time

from sqlalchemy import JSON, Column
from sqlmodel import Field, SQLModel

from servicekit.idempotency import IdempotencyRow
from servicekit.inbox import InboxRow
from servicekit.outbox import OutboxRow

__all__ = ["IdempotencyRow", "InboxRow", "OutboxRow", "Task"]


class Task(SQLModel, table=True):
    """Something to do. A deleted task stays in the trash, with `deleted_at` set."""

    __tablename__ = "task"

    id: str = Field(primary_key=True)
    user_id: str
    title: str
    notes: str = ""
    done: bool = False
    priority: int = 0
    labels: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    project_id: str | None = None
    parent_id: str | None = None
    due_date: date | None = None
    due_time: time | None = None
    time_zone: str | None = None
    due_at: datetime | None = None
    recurrence: dict[str, str] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    """`rule`, `from`, `month_end` and `missed`, as in the API."""
    series_id: str | None = None
    """The first task of the series this one belongs to, or None if it never recurred."""
    occurrence: int = 1
    """Place in the series; each completed occurrence is followed by the next number."""
    rule_from: date | None = None
    """The day the rule is counted from, RFC 5545's DTSTART."""
    rule_number: int = 1
    """Which of the COUNT occurrences of the rule this one is."""
    position: str
    version: int = 1
    created_at: datetime
    updated_at: datetime
    completed_at: datetime | None = None
    deleted_at: datetime | None = None
