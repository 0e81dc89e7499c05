"""What the API of the task service takes and shows."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)

from contracts.zones import TimeZone
from servicekit.web.schemas import Instant, MergePatch, RequestBody, ResponseModel, Text, WallClock
from task_service.recurrence.series import From, Missed, MonthEnd


def _not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("must not be blank")
    return text.strip()


def _each_once(labels: list[str]) -> list[str]:
    return list(dict.fromkeys(labels))


Title = Annotated[Text, Field(max_length=500), AfterValidator(_not_blank)]
Notes = Annotated[Text, Field(max_length=50_000)]
Priority = Annotated[int, Field(ge=0, le=4, strict=True, description="4 is the most urgent")]
Label = Annotated[Text, Field(max_length=100), AfterValidator(_not_blank)]
Labels = Annotated[list[Label], Field(max_length=50), AfterValidator(_each_once)]
Name = Annotated[Text, Field(max_length=100), AfterValidator(_not_blank)]
Id = Annotated[Text, Field(max_length=100)]
Position = Annotated[
    str, Field(max_length=1000, pattern=r"^[0-9A-Za-z]*[1-9A-Za-z]$", description="compares by its bytes")
]


class RecurrencePatch(MergePatch):
    """How a task recurs; what is left out stays as it is, or has its default."""

    never_null = frozenset({"rule"})

    rule: Annotated[Text, Field(max_length=500, description="RRULE of RFC 5545")] = ""
    from_: From = Field(default="due", alias="from", description="what the next one is counted from")
    month_end: MonthEnd = Field(default="clamp", description="what becomes of the 31st in a shorter month")
    missed: Missed = Field(default="skip", description="what becomes of those that passed")


class Recurrence(ResponseModel):
    """How a task recurs."""

    rule: str
    """An RRULE of RFC 5545, without `RRULE:`."""
    from_: From = Field(alias="from")
    """What the next occurrence is counted from: the due date, or the day of completion."""
    month_end: MonthEnd
    """What becomes of the 31st in a shorter month: its last day (`clamp`), or nothing (`skip`)."""
    missed: Missed
    """Which occurrence follows after some have passed: the first one to come (`skip`), the next missed one
    (`all`), or one for all that were missed (`one`)."""


class ReminderOfTask(RequestBody):
    """When to remind: so long before the task is due, or at an instant."""

    minutes_before: int | None = Field(default=None, ge=0, le=525_600, strict=True)
    """Minutes before the task is due, up to a year; only this or `at`."""
    at: Instant | None = None
    """The instant to remind at, in whole seconds; RFC 3339. Only this or `minutes_before`."""

    @model_validator(mode="after")
    def is_one_of_the_two(self) -> "ReminderOfTask":
        if (self.minutes_before is None) == (self.at is None):
            raise ValueError("give either minutes_before or at")
        return self

    @model_serializer(mode="wrap")
    def only_what_is_set(self, handler: SerializerFunctionWrapHandler) -> Any:
        return {name: value for name, value in handler(self).items() if value is not None}


def _no_two_alike(reminders: list[ReminderOfTask]) -> list[ReminderOfTask]:
    return [each for index, each in enumerate(reminders) if each not in reminders[:index]]


class TaskPatch(MergePatch):
    """What can be changed of a task."""

    never_null = frozenset({"title"})

    title: Title = ""
    """What is to be done; one line, up to 500 characters."""
    notes: Notes = ""
    """More about it, in Markdown or plain text; up to 50,000 characters."""
    priority: Priority = 0
    """From 0, none, to 4, the most urgent."""
    labels: Labels = Field(default_factory=list)
    """Names of labels, each once, up to 50; one that does not exist yet is created."""
    project_id: Id | None = None
    """UUID of the project it is in; null: in none."""
    parent_id: Id | None = None
    """UUID of the task it is a subtask of, up to 10 levels deep; null: of none."""
    due_date: date | None = None
    """The day it is due, `YYYY-MM-DD`; null: on none."""
    due_time: WallClock | None = None
    """The time of day it is due, without an offset; null: at any time of the day. Needs `due_date`."""
    time_zone: TimeZone | None = Field(default=None, description="null: floats with the user")
    recurrence: RecurrencePatch | None = None
    """How it recurs; null: it does not."""
    reminders: Annotated[list[ReminderOfTask], Field(max_length=20), AfterValidator(_no_two_alike)] = Field(
        default_factory=list
    )
    """When to remind of it, up to 20, no two alike."""
    position: Position | None = None
    """Place in the manual order: sorts by its bytes (a fractional index). Left out: after the others."""


class TaskCreate(TaskPatch):
    """A new task; all but the title can be left out."""

    title: Title
    """What is to be done; one line, up to 500 characters."""

    @model_validator(mode="after")
    def time_needs_a_date(self) -> "TaskCreate":
        if self.due_time and not self.due_date:
            raise ValueError("due_time needs a due_date")
        return self


class Move(RequestBody):
    """Where to put a task in the manual order: beside another one."""

    before: Id | None = None
    """UUID of the task to put it right before; only this or `after`."""
    after: Id | None = None
    """UUID of the task to put it right after; only this or `before`."""

    @model_validator(mode="after")
    def one_neighbour(self) -> "Move":
        if (self.before is None) == (self.after is None):
            raise ValueError("give either before or after")
        return self


class Unskip(RequestBody):
    """Back to which occurrence; its time is needed where a rule has several in a day."""

    due_date: date
    """The day of the occurrence that was skipped."""
    due_time: WallClock | None = Field(default=None, description="null: the time the task has")


class TaskRead(ResponseModel):
    """A task as it is now."""

    id: str
    """UUID."""
    title: str
    """What is to be done; one line, up to 500 characters."""
    notes: str
    """More about it, in Markdown or plain text; up to 50,000 characters."""
    done: bool
    """Whether it is completed."""
    priority: int
    """From 0, none, to 4, the most urgent."""
    labels: list[str]
    """Names of labels, each once, up to 50; one that does not exist yet is created."""
    project_id: str | None
    """UUID of the project it is in; null: in none."""
    parent_id: str | None
    """UUID of the task it is a subtask of, up to 10 levels deep; null: of none."""
    subtasks_done: int
    """How many tasks right below it are done."""
    subtasks_total: int
    """How many tasks are right below it."""
    due_date: date | None
    """The day it is due, `YYYY-MM-DD`; null: on none."""
    due_time: WallClock | None
    """The time of day it is due, without an offset; null: at any time of the day. Needs `due_date`."""
    time_zone: str | None
    """IANA name of the zone `due_time` is meant in; null: it floats with the zone of the user."""
    due_at: datetime | None
    """The instant it is due; RFC 3339, UTC. Null where it has no date; computed from the three fields above.
    """
    recurrence: Recurrence | None
    """How it recurs; null: it does not."""
    series_id: str | None
    """UUID that all occurrences of a recurring task share; null if it never recurred."""
    occurrence: int
    """Number of this occurrence within its series, from 1."""
    reminders: list[ReminderOfTask]
    """When to remind of it, up to 20, no two alike."""
    position: str
    """Place in the manual order: sorts by its bytes (a fractional index). Left out: after the others."""
    version: int
    """Raised by every change; the `ETag` is this number in quotes."""
    created_at: datetime
    """When it was created; RFC 3339, UTC."""
    updated_at: datetime
    """When it was last changed; RFC 3339, UTC."""
    completed_at: datetime | None
    """When it was completed; RFC 3339, UTC. Null while it is open."""
    deleted_at: datetime | None
    """When it went to the trash; null if it is not there. It stays there for 30 days."""


class TaskPart(TaskRead):
    """A task; where `fields` names some of its fields, nothing but these and `id`."""

    model_config = ConfigDict(json_schema_extra={"required": ["id"]})


class OccurrenceRead(ResponseModel):
    """One occurrence to come."""

    due_date: date
    """The day of the occurrence."""
    due_time: WallClock | None
    """Its time of day; null: any time."""
    due_at: datetime | None
    """The instant it is due; RFC 3339, UTC."""
    why: str
    """The rule in words, and what was adjusted on this day."""


class Occurrences(ResponseModel):
    """Occurrences to come."""

    items: list[OccurrenceRead]
    """The next occurrences, in order; fewer than asked for where the rule ends."""


class Via(ResponseModel):
    """What acted for the user: an API token, by its id and its name at that time, or the `assistant`."""

    token: str | None
    """UUID of the API token; null: the assistant."""
    name: str
    """Its name at that time."""


class ActivityRead(ResponseModel):
    """One change of a task: who made it, when, and the values that differ; `via`: what did it for them."""

    id: str
    """UUID."""
    by: str
    """UUID of the account that made the change."""
    what: Literal["created", "updated", "completed", "reopened", "deleted", "restored"]
    """The kind of change."""
    before: dict[str, Any]
    """The fields that differ, with the values before; empty for a new task."""
    after: dict[str, Any]
    """The fields that differ, with the values after."""
    at: datetime
    """When it happened; RFC 3339, UTC."""
    via: Via | None
    """What acted for the user; null: the user, signed in."""
