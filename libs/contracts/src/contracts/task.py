"""What the task service tells: the life of a task."""

from datetime import date, datetime, time
from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field

from contracts.event import Event
from contracts.names import Topic


class TaskRecurrence(BaseModel):
    """How a task recurs: an RFC 5545 rule and how it is read."""

    model_config = ConfigDict(frozen=True, extra="ignore", serialize_by_alias=True)

    rule: str
    from_: str = Field(alias="from")
    month_end: str
    missed: str


class TaskReminder(BaseModel):
    """When to remind of a task: so long before it is due, or at an instant. One of the two is set."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    minutes_before: int | None = None
    at: datetime | None = None


class TaskSnapshot(BaseModel):
    """The whole task as it stood right after the change, so that no reader has to ask back."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    title: str
    notes: str
    done: bool
    priority: int
    labels: list[str]
    project_id: str | None
    parent_id: str | None
    subtasks_done: int = 0
    subtasks_total: int = 0
    due_date: date | None
    due_time: time | None
    time_zone: str | None
    due_at: datetime | None
    recurrence: TaskRecurrence | None = None
    series_id: str | None = None
    occurrence: int | None = None
    """Place in its series."""
    reminders: list[TaskReminder] = []
    position: str
    version: int
    created_at: datetime
    updated_at: datetime
    completed_at: datetime | None
    deleted_at: datetime | None


class TaskEvent(Event):
    """A change of one task. Versions of a task have no gaps and are told in order."""

    topic: ClassVar[Topic] = Topic.TODO_EVENTS

    task: TaskSnapshot

    @property
    def subject(self) -> str:
        return self.task.id


class TaskCreated(TaskEvent):
    type: ClassVar[str] = "todo.task.created.v1"


class TaskUpdated(TaskEvent):
    """Fields were edited; completing, reopening, deleting and restoring have events of their own."""

    type: ClassVar[str] = "todo.task.updated.v1"

    changed: list[str]
    """Names of the fields that differ from the version before."""


class TaskCompleted(TaskEvent):
    type: ClassVar[str] = "todo.task.completed.v1"


class TaskReopened(TaskEvent):
    type: ClassVar[str] = "todo.task.reopened.v1"


class TaskDeleted(TaskEvent):
    """Moved to the trash; it can be restored."""

    type: ClassVar[str] = "todo.task.deleted.v1"


class TaskRestored(TaskEvent):
    type: ClassVar[str] = "todo.task.restored.v1"
