"""Tables of the task service."""

from datetime import date, datetime, time
from typing import Any

from sqlalchemy import JSON, Column
from sqlmodel import Field, SQLModel

from servicekit.messaging.outbox import OutboxRow
from servicekit.messaging.processed_messages import ProcessedMessageRow
from servicekit.web.idempotency import IdempotencyRow
from task_service.due import NEVER

__all__ = [
    "NEVER",
    "Activity",
    "ErasedOwner",
    "IdempotencyRow",
    "Label",
    "OutboxRow",
    "ProcessedMessageRow",
    "Project",
    "SavedFilter",
    "Task",
    "TaskLabel",
    "TaskText",
]


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
    subtasks_done: int = 0
    subtasks_total: int = 0
    """How many tasks lie directly below and are not in the trash."""
    due_date: date | None = None
    due_time: time | None = None
    time_zone: str | None = None
    due_at: datetime | None = None
    due_by: datetime = NEVER
    """When it becomes overdue: `due_at`, or for a date alone the end of that day where its user is."""
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
    reminders: list[dict[str, Any]] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    """Each `minutes_before` the task is due, or `at` an instant, as in the API."""
    position: str
    version: int = 1
    created_at: datetime
    updated_at: datetime
    completed_at: datetime | None = None
    deleted_at: datetime | None = None
    taken_back: bool = False
    """Put into the trash because the occurrence before it is open again: nobody deleted it."""


class TaskText(SQLModel, table=True):
    """What is searched of a task: the search keys of its texts. Kept by `derived`."""

    __tablename__ = "task_text"

    user_id: str = Field(primary_key=True)
    task_id: str = Field(primary_key=True)
    title: str
    notes: str
    labels: str
    """Its labels, one a line."""


class TaskLabel(SQLModel, table=True):
    """That a task has a label, found by the label. Kept by `derived`."""

    __tablename__ = "task_label"

    user_id: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    """The key of the label's name."""
    task_id: str = Field(primary_key=True)


class Project(SQLModel, table=True):
    """A list of tasks, perhaps inside another. A deleted one is in the trash with its tasks."""

    __tablename__ = "project"

    id: str = Field(primary_key=True)
    user_id: str
    name: str
    key: str
    """What its name is, see `name_key`."""
    search_key: str = ""
    colour: str | None = None
    parent_id: str | None = None
    archived: bool = False
    position: str
    version: int = 1
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None = None


class Label(SQLModel, table=True):
    """A word that tasks carry; one of each name."""

    __tablename__ = "label"

    id: str = Field(primary_key=True)
    user_id: str
    name: str
    key: str
    search_key: str = ""
    colour: str | None = None
    position: str
    version: int = 1
    created_at: datetime
    updated_at: datetime


class SavedFilter(SQLModel, table=True):
    """A filter with a name."""

    __tablename__ = "saved_filter"

    id: str = Field(primary_key=True)
    user_id: str
    name: str
    key: str
    filter: str
    sort: str | None = None
    colour: str | None = None
    position: str
    version: int = 1
    created_at: datetime
    updated_at: datetime


class Activity(SQLModel, table=True):
    """One change of one task."""

    __tablename__ = "activity"

    id: str = Field(primary_key=True)
    user_id: str
    """Whose task it is."""
    task_id: str
    by: str
    """The account that made the change."""
    what: str
    """created, updated, completed, reopened, deleted or restored."""
    before: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    after: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    size: int = 0
    """Bytes of `before` and `after`, as JSON."""
    at: datetime
    via: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    """The API token that did it, by `token` (its id) and `name`; None: its user was signed in."""


class ErasedOwner(SQLModel, table=True):
    """A user whose account is gone. Their access tokens are good for some minutes more."""

    __tablename__ = "erased_owner"

    id: str = Field(primary_key=True)
    erased_at: datetime
