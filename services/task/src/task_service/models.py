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
    position: str
    version: int = 1
    created_at: datetime
    updated_at: datetime
    completed_at: datetime | None = None
    deleted_at: datetime | None = None
