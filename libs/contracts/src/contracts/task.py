"""What the task service tells: the life of a task."""

from datetime import date, datetime, time
from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field

from contracts.event import Event
from contracts.names import Topic


class TaskRecurrence(BaseModel):
    """How a task recurs: an RFC 5545 rule and how it is read."""

    model_config = ConfigDict(
        frozen=True, extra="ignore", use_attribute_docstrings=True, serialize_by_alias=True
    )

    rule: str
    """An RRULE of RFC 5545, without `RRULE:`."""
    from_: str = Field(alias="from")
    """What the next occurrence is counted from: `due` or `completion`."""
    month_end: str
    """What becomes of the 31st in a shorter month: `clamp` or `skip`."""
    missed: str
    """Which occurrence follows after some have passed: `skip`, `one` or `all`."""


class TaskReminder(BaseModel):
    """When to remind of a task: so long before it is due, or at an instant. One of the two is set."""

    model_config = ConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True)

    minutes_before: int | None = None
    """Minutes before the task is due; null if it is at an instant."""
    at: datetime | None = None
    """The instant, in UTC; null if it is so long before."""


class TaskSnapshot(BaseModel):
    """The whole task as it stood right after the change, so that no reader has to ask back."""

    model_config = ConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True)

    id: str
    """UUID."""
    title: str
    """What is to be done."""
    notes: str
    """More about it; may be empty."""
    done: bool
    """Whether it is completed."""
    priority: int
    """From 0, none, to 4, the most urgent."""
    labels: list[str]
    """Names of its labels."""
    project_id: str | None
    """UUID of its project; null: none."""
    parent_id: str | None
    """UUID of what it lies in; null: in nothing."""
    subtasks_done: int = 0
    """How many tasks right below it are done."""
    subtasks_total: int = 0
    """How many tasks are right below it."""
    due_date: date | None
    """The day it is due; null: on none."""
    due_time: time | None
    """The time of day it is due, on the wall of its zone; null: any time."""
    time_zone: str | None
    """IANA name of its zone; null: it floats with the user's."""
    due_at: datetime | None
    """The instant it is due, in UTC; null without a date."""
    recurrence: TaskRecurrence | None = None
    """How it recurs; null: it does not."""
    series_id: str | None = None
    """UUID that all occurrences share; null if it never recurred."""
    occurrence: int | None = None
    """Place in its series."""
    reminders: list[TaskReminder] = []
    """When to remind of it."""
    position: str
    """Place in the manual order: sorts by its bytes."""
    version: int
    """Raised by every change."""
    created_at: datetime
    """In UTC."""
    updated_at: datetime
    """In UTC."""
    completed_at: datetime | None
    """In UTC; null while it is open."""
    deleted_at: datetime | None
    """When it went to the trash, in UTC; null if it is not there."""


class TaskEvent(Event):
    """A change of one task. Versions of a task have no gaps and are told in order."""

    topic: ClassVar[Topic] = Topic.TODO_EVENTS

    task: TaskSnapshot
    """The task after the change."""

    @property
    def subject(self) -> str:
        return self.task.id


class TaskCreated(TaskEvent):
    """A task was added, also the next one of a series."""

    type: ClassVar[str] = "todo.task.created.v1"


class TaskUpdated(TaskEvent):
    """Fields were edited; completing, reopening, deleting and restoring have events of their own."""

    type: ClassVar[str] = "todo.task.updated.v1"

    changed: list[str]
    """Names of the fields that differ from the version before."""


class TaskCompleted(TaskEvent):
    """A task was completed."""

    type: ClassVar[str] = "todo.task.completed.v1"


class TaskReopened(TaskEvent):
    """A task is open again."""

    type: ClassVar[str] = "todo.task.reopened.v1"


class TaskDeleted(TaskEvent):
    """Moved to the trash; it can be restored."""

    type: ClassVar[str] = "todo.task.deleted.v1"


class TaskRestored(TaskEvent):
    """A task came out of the trash."""

    type: ClassVar[str] = "todo.task.restored.v1"
