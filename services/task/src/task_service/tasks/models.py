"""The aggregate of a task, and the tables that follow it."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Column
from sqlmodel import Field, SQLModel

from servicekit.errors import Invalid
from servicekit.web.ids import new_id
from task_service.aggregate import Aggregate
from task_service.tasks import due, recurrence_settings
from task_service.tasks.due import NEVER

DERIVED = 5
"""The version of UUIDs that follow from others (RFC 9562): of what is made here, not by a person."""
PROGRESS = ("subtasks_done", "subtasks_total")
_WHEN = frozenset({"due_date", "due_time", "time_zone", "recurrence"})
_OPEN = {"done": False, "completed_at": None, "deleted_at": None, "taken_back": False}


class Task(Aggregate, SQLModel, table=True):
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

    @classmethod
    def create(cls, user_id: str, values: Mapping[str, Any], zone: str, now: datetime) -> "Task":
        """A new task as somebody asks for it, of a user who lives in the IANA zone `zone`.

        Raises `Invalid` where its rule leads to no date.
        """
        task = cls._of(user_id, new_id(), values, now)
        recurrence_settings.apply_recurrence(task, zone, {"recurrence"}, now)
        task._place(zone)
        task.record("created")
        return task

    @classmethod
    def create_derived(
        cls, user_id: str, id: str, values: Mapping[str, Any], zone: str, now: datetime
    ) -> "Task":
        """A new task that follows from another one, which says by what rule it recurs, if it does."""
        task = cls._of(user_id, id, values, now)
        task._place(zone)
        task.record("created")
        return task

    @classmethod
    def _of(cls, user_id: str, id: str, values: Mapping[str, Any], now: datetime) -> "Task":
        return cls(**{**values, "id": id, "user_id": user_id, "created_at": now, "updated_at": now})

    def update(self, changes: Mapping[str, Any], zone: str, now: datetime, *, rule_before: str = "") -> None:
        """Set these values, which differ from those there are.

        rule_before: another rule than this one is counted anew. Raises `Invalid`.
        """
        before = self.values()
        self._set(changes)
        recurrence_settings.apply_recurrence(self, zone, changes, now, rule_before=rule_before)
        if self.due_time and not self.due_date:
            raise Invalid.field("/due_time", "due_time needs a due_date", code="due-time-without-date")
        if _WHEN & changes.keys():
            self._place(zone)
        self._raise_version("updated", before, now, sorted(changes))

    def complete(self, now: datetime) -> None:
        before = self.values()
        self.done, self.completed_at = True, now
        self._raise_version("completed", before, now)

    def reopen(self, now: datetime) -> None:
        before = self.values()
        self.done, self.completed_at = False, None
        self._raise_version("reopened", before, now)

    def trash(self, when: datetime, now: datetime, *, is_taken_back: bool = False) -> None:
        """Move to the trash, together with what goes there at the same moment `when`.

        is_taken_back: nobody deleted it, if its id is made from that of the occurrence before it.
        """
        before = self.values()
        self.deleted_at = when
        self.taken_back = is_taken_back and UUID(self.id).version == DERIVED
        self._raise_version("deleted", before, now)

    def restore(self, gone: Collection[str], now: datetime) -> None:
        """Take out of the trash; out of a task or project among the `gone`, too."""
        before = self.values()
        self.deleted_at, self.taken_back = None, False
        self.parent_id = None if self.parent_id in gone else self.parent_id
        self.project_id = None if self.project_id in gone else self.project_id
        self._raise_version("restored", before, now)

    def restore_with(self, values: Mapping[str, Any], zone: str, now: datetime) -> None:
        """Take out of the trash, as an open task with these values."""
        before = self.values()
        self._set({**values, **_OPEN})
        self._place(zone)
        self._raise_version("restored", before, now)

    def move(self, position: str, now: datetime) -> None:
        """Put somewhere else in the manual order."""
        before = self.values()
        self.position = position
        self._raise_version("updated", before, now, ["position"])

    def skip_to(
        self,
        day: date,
        clock: time | None,
        rule_from: date | None,
        rule_number: int,
        zone: str,
        now: datetime,
    ) -> None:
        """Make it another occurrence of its series, on `day`; nothing counts as done."""
        before, changed = self.values(), ["due_date"] if self.due_time == clock else ["due_date", "due_time"]
        self.rule_from, self.rule_number = rule_from, rule_number
        self.due_date, self.due_time = day, clock
        self._place(zone)
        self._raise_version("updated", before, now, changed)

    def relabel(self, labels: Sequence[str], now: datetime) -> None:
        before = self.values()
        self.labels = list(labels)
        self._raise_version("updated", before, now, ["labels"])

    def count_subtasks(self, done: int, total: int, now: datetime) -> None:
        """Bring the progress up to date, which is part of the task; where it is the same nothing happens."""
        if (done, total) != (self.subtasks_done, self.subtasks_total):
            before = self.values()
            self.subtasks_done, self.subtasks_total = done, total
            self._raise_version("updated", before, now, PROGRESS)

    def follow_user(self, zone: str, now: datetime) -> None:
        """Compute again when it is due, for a user who has moved to `zone`.

        A date alone stays the same version: only the end of its day is another instant, and not shown.
        """
        before = self.values()
        self._place(zone)
        if self.due_at != before["due_at"]:
            self._raise_version("updated", before, now, ["due_at"])

    def _place(self, zone: str) -> None:
        due.set_due(self, zone)

    def _set(self, values: Mapping[str, Any]) -> None:
        for name, value in values.items():
            setattr(self, name, value)


class TaskText(SQLModel, table=True):
    """What is searched of a task: the search keys of its texts. Written by `search_index`."""

    __tablename__ = "task_text"

    user_id: str = Field(primary_key=True)
    task_id: str = Field(primary_key=True)
    title: str
    notes: str
    labels: str
    """Its labels, one a line."""


class TaskLabel(SQLModel, table=True):
    """That a task has a label, found by the label. Written by `search_index`."""

    __tablename__ = "task_label"

    user_id: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    """The key of the label's name."""
    task_id: str = Field(primary_key=True)


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
