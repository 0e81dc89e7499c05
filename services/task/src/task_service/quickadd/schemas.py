"""Request and response models of quick add."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import (
    AwareDatetime,
    Field,
    field_validator,
    model_validator,
)

from contracts.zones import TimeZone
from servicekit.errors import Invalid
from servicekit.web.schemas import RequestBody, ResponseModel, Text, WallClock
from task_service.quickadd.dialects import SyntaxName
from task_service.tasks.schemas import Recurrence, TaskCreate, TaskPatch, Title

MAX_LENGTH = 1000
EARLIEST, LATEST = 1900, 9000
"""Years that `now` may lie in."""

Quick = Annotated[
    Text, Field(min_length=1, max_length=MAX_LENGTH, description="a task in words, see docs/quick-add.md")
]

SyntaxField = Annotated[
    SyntaxName | None, Field(description="whose signs the text has; null: as the user prefers, or todo")
]


class TaskDraft(TaskPatch):
    """A new task: its fields, or `quick` for what is said in words; fields beside `quick` win over it."""

    never_null = frozenset({"title", "quick"})

    quick: Quick | None = Field(default=None, json_schema_extra={"examples": ["Buy milk tomorrow 9am #home"]})
    """The task in words, up to 1,000 characters; docs/quick-add.md has what is understood."""
    marks: SyntaxField = None
    title: Title = Field(default="", description="needed unless there is quick")

    @model_validator(mode="after")
    def time_needs_a_date(self) -> "TaskDraft":
        if self.due_time and not self.due_date and self.quick is None:
            raise ValueError("due_time needs a due_date")
        return self

    def require_title(self) -> None:
        """Raise `Invalid` unless there is either a title or a text."""
        if self.quick is None and not self.title:
            raise Invalid.field("/title", "Field required")
        if self.quick is not None and self.title:
            raise Invalid.field("/title", "Send either quick or title, not both.")

    def merge_parsed(self, parsed: Mapping[str, Any]) -> TaskCreate:
        """The whole task; `parsed` gives what no field sets. Raises pydantic's `ValidationError`."""
        explicit = self.model_dump(exclude_unset=True, by_alias=True, exclude={"quick", "marks"})
        return TaskCreate.model_validate({**parsed, **explicit})


class ParseRequest(RequestBody):
    """A text to be read as quick add reads it."""

    quick: Quick
    time_zone: TimeZone | None = Field(default=None, description="null: that of the user")
    marks: SyntaxField = None
    now: AwareDatetime | None = Field(default=None, description="null: this moment")

    @field_validator("now")
    @classmethod
    def in_our_times(cls, value: datetime | None) -> datetime | None:
        if value and not EARLIEST <= value.year <= LATEST:
            raise ValueError(f"a year from {EARLIEST} to {LATEST}")
        return value


class ParsedTaskRead(ResponseModel):
    """The fields a text sets."""

    title: str
    """What is left of the text."""
    due_date: date | None
    """The day it is due, `YYYY-MM-DD`; null: on none."""
    due_time: WallClock | None
    """The time of day it is due, without an offset; null: at any time of the day. Needs `due_date`."""
    priority: int
    """From 0, none, to 4, the most urgent."""
    labels: list[str]
    """Names of labels."""
    project: str | None
    """Name of the project; null: none."""
    recurrence: Recurrence | None
    """How it recurs; null: it does not."""
    reminders: list[dict[str, Any]]
    """As a task has them."""


class ParsedSpan(ResponseModel):
    """A part of the text; offsets count Unicode code points, `end` is behind it."""

    start: int
    """Offset of its first character."""
    end: int
    """Offset behind its last character."""
    kind: Literal["date", "time", "recurrence", "reminder", "label", "project", "priority"]
    """What it was read as."""


class CreatedName(ResponseModel):
    """What would be made along with the task."""

    kind: Literal["label", "project"]
    """A label or a project."""
    name: str
    """Its name."""


class QuickAddPreview(ResponseModel):
    """What a text says. The title is empty if nothing is left for it: such a text is refused."""

    task: ParsedTaskRead
    """The fields the text sets."""
    spans: list[ParsedSpan]
    """The parts of the text that were understood, in order."""
    creates: list[CreatedName]
    """Labels and projects that do not exist yet."""
