"""What the API of the task service takes and shows."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)

from contracts.zones import TimeZone
from servicekit.web.schemas import Instant, MergePatch, RequestBody, Text, WallClock
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


class Recurrence(BaseModel):
    """How a task recurs."""

    rule: str
    from_: From = Field(alias="from")
    month_end: MonthEnd
    missed: Missed


class ReminderOfTask(RequestBody):
    """When to remind: so long before the task is due, or at an instant."""

    minutes_before: int | None = Field(default=None, ge=0, le=525_600, strict=True)
    at: Instant | None = None

    @model_validator(mode="after")
    def is_one_of_the_two(self) -> "ReminderOfTask":
        if (self.minutes_before is None) == (self.at is None):
            raise ValueError("either minutes_before or at")
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
    notes: Notes = ""
    priority: Priority = 0
    labels: Labels = Field(default_factory=list)
    project_id: Id | None = None
    parent_id: Id | None = None
    due_date: date | None = None
    due_time: WallClock | None = None
    time_zone: TimeZone | None = Field(default=None, description="null: floats with the user")
    recurrence: RecurrencePatch | None = None
    reminders: Annotated[list[ReminderOfTask], Field(max_length=20), AfterValidator(_no_two_alike)] = Field(
        default_factory=list
    )
    position: Position | None = None


class TaskCreate(TaskPatch):
    """A new task; all but the title can be left out."""

    title: Title

    @model_validator(mode="after")
    def time_needs_a_date(self) -> "TaskCreate":
        if self.due_time and not self.due_date:
            raise ValueError("due_time needs a due_date")
        return self


class Move(RequestBody):
    """Where to put a task in the manual order: beside another one."""

    before: Id | None = None
    after: Id | None = None

    @model_validator(mode="after")
    def one_neighbour(self) -> "Move":
        if (self.before is None) == (self.after is None):
            raise ValueError("say either before or after which task")
        return self


class Unskip(RequestBody):
    """Back to which occurrence; its time is needed where a rule has several in a day."""

    due_date: date
    due_time: WallClock | None = Field(default=None, description="null: the time the task has")


class TaskRead(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: str
    title: str
    notes: str
    done: bool
    priority: int
    labels: list[str]
    project_id: str | None
    parent_id: str | None
    subtasks_done: int
    subtasks_total: int
    due_date: date | None
    due_time: WallClock | None
    time_zone: str | None
    due_at: datetime | None
    recurrence: Recurrence | None
    series_id: str | None
    occurrence: int
    reminders: list[ReminderOfTask]
    position: str
    version: int
    created_at: datetime
    updated_at: datetime
    completed_at: datetime | None
    deleted_at: datetime | None


class TaskPart(TaskRead):
    """A task; where `fields` names some of its fields, nothing but these and `id`."""

    model_config = ConfigDict(json_schema_extra={"required": ["id"]})


class OccurrenceRead(BaseModel):
    """One occurrence to come."""

    due_date: date
    due_time: WallClock | None
    due_at: datetime | None
    why: str
    """The rule in words, and what was adjusted on this day."""


class Occurrences(BaseModel):
    items: list[OccurrenceRead]


class Via(BaseModel):
    """What acted for the user: an API token, by its id and its name at that time, or the `assistant`."""

    token: str | None
    name: str


class ActivityRead(BaseModel):
    """One change of a task: who made it, when, and the values that differ; `via`: what did it for them."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    by: str
    what: Literal["created", "updated", "completed", "reopened", "deleted", "restored"]
    before: dict[str, Any]
    after: dict[str, Any]
    at: datetime
    via: Via | None
