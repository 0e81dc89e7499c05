"""Request and response models of quick add."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    field_validator,
    model_validator,
)

from contracts.zones import TimeZone
from servicekit.errors import Invalid
from servicekit.web.schemas import RequestBody, Text, WallClock
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
        said = self.model_dump(exclude_unset=True, by_alias=True, exclude={"quick", "marks"})
        return TaskCreate.model_validate({**parsed, **said})


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


class ParsedTaskRead(BaseModel):
    """The fields a text sets."""

    model_config = ConfigDict(from_attributes=True)

    title: str
    due_date: date | None
    due_time: WallClock | None
    priority: int
    labels: list[str]
    project: str | None
    recurrence: Recurrence | None
    reminders: list[dict[str, Any]]


class ParsedSpan(BaseModel):
    """A part of the text; offsets count Unicode code points, `end` is behind it."""

    model_config = ConfigDict(from_attributes=True)

    start: int
    end: int
    kind: Literal["date", "time", "recurrence", "reminder", "label", "project", "priority"]


class CreatedName(BaseModel):
    """What would be made along with the task."""

    kind: Literal["label", "project"]
    name: str


class QuickAddPreview(BaseModel):
    """What a text says. The title is empty if nothing is left for it: such a text is refused."""

    task: ParsedTaskRead
    spans: list[ParsedSpan]
    creates: list[CreatedName]
