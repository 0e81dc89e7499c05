"""What the tools of agents take: a field that is left out or null says nothing."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from chat_service.task_client import PAGE

Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,100}$", description="as the other tools show it")]
"""Nothing that would lead a path of the API elsewhere."""
Cursor = Annotated[str, Field(max_length=4000, description="`next_cursor` of the page before")]
Limit = Annotated[int, Field(ge=1, le=PAGE)]


class Recurrence(BaseModel):
    """How a task repeats."""

    model_config = ConfigDict(extra="forbid")

    rule: Annotated[str, Field(max_length=1000, description="RRULE of RFC 5545: FREQ=WEEKLY;BYDAY=MO")]
    from_: Annotated[
        Literal["due", "completion"] | None, Field(alias="from", description="what the next date counts from")
    ] = None
    month_end: Annotated[
        Literal["clamp", "skip"] | None, Field(description="in a month without such a day")
    ] = None
    missed: Annotated[
        Literal["skip", "one", "all"] | None, Field(description="what becomes of occurrences that are over")
    ] = None


class Reminder(BaseModel):
    """When to remind: one of the two."""

    model_config = ConfigDict(extra="forbid")

    minutes_before: Annotated[int | None, Field(ge=0)] = None
    at: Annotated[str | None, Field(max_length=40, description="RFC 3339, in UTC")] = None


Title = Annotated[str | None, Field(max_length=500)]
Notes = Annotated[str | None, Field(max_length=100_000)]
Priority = Annotated[int | None, Field(ge=0, le=4, description="4 is the most urgent, 0 none")]
Labels = Annotated[list[str] | None, Field(description="all of them, by name; they need not exist yet")]
ProjectId = Annotated[str | None, Field(max_length=100)]
ParentId = Annotated[str | None, Field(max_length=100, description="the task this one is part of")]
DueDate = Annotated[str | None, Field(max_length=40, description="YYYY-MM-DD")]
DueTime = Annotated[str | None, Field(max_length=40, description="HH:MM, by the clock of the time zone")]
TimeZone = Annotated[str | None, Field(max_length=100, description="IANA name; else wherever the user is")]
TASK_FIELDS = (
    "title",
    "notes",
    "priority",
    "labels",
    "project_id",
    "parent_id",
    "due_date",
    "due_time",
    "time_zone",
    "recurrence",
    "reminders",
)
Clearable = Literal[
    "notes",
    "priority",
    "labels",
    "project_id",
    "parent_id",
    "due_date",
    "due_time",
    "time_zone",
    "recurrence",
    "reminders",
]
