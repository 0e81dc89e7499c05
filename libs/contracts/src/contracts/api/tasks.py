"""Tasks, as the API has them; written by `make generate`."""

from typing import Any, Literal, NotRequired, TypedDict


class Via(TypedDict):
    token: str | None
    name: str


class ActivityRead(TypedDict):
    id: str
    by: str
    what: Literal["created", "updated", "completed", "reopened", "deleted", "restored"]
    before: dict[str, Any]
    after: dict[str, Any]
    at: str
    via: Via | None


class CreatedName(TypedDict):
    kind: Literal["label", "project"]
    name: str


class Move(TypedDict):
    before: NotRequired[str | None]
    after: NotRequired[str | None]


class OccurrenceRead(TypedDict):
    due_date: str
    due_time: str | None
    due_at: str | None
    why: str


class Occurrences(TypedDict):
    items: list[OccurrenceRead]


class ParseRequest(TypedDict):
    quick: str
    time_zone: NotRequired[str | None]
    marks: NotRequired[Literal["todo", "todoist", "vikunja"] | None]
    now: NotRequired[str | None]


class ParsedSpan(TypedDict):
    start: int
    end: int
    kind: Literal["date", "time", "recurrence", "reminder", "label", "project", "priority"]


Recurrence = TypedDict(
    "Recurrence",
    {
        "rule": str,
        "from": Literal["due", "completion"],
        "month_end": Literal["clamp", "skip"],
        "missed": Literal["one", "all", "skip"],
    },
)


class ParsedTaskRead(TypedDict):
    title: str
    due_date: str | None
    due_time: str | None
    priority: int
    labels: list[str]
    project: str | None
    recurrence: Recurrence | None
    reminders: list[dict[str, Any]]


class QuickAddPreview(TypedDict):
    task: ParsedTaskRead
    spans: list[ParsedSpan]
    creates: list[CreatedName]


RecurrencePatch = TypedDict(
    "RecurrencePatch",
    {
        "rule": NotRequired[str],
        "from": NotRequired[Literal["due", "completion"] | None],
        "month_end": NotRequired[Literal["clamp", "skip"] | None],
        "missed": NotRequired[Literal["one", "all", "skip"] | None],
    },
)


class ReminderOfTaskInput(TypedDict):
    minutes_before: NotRequired[int | None]
    at: NotRequired[str | None]


class ReminderOfTaskOutput(TypedDict):
    minutes_before: NotRequired[int | None]
    at: NotRequired[str | None]


class TaskDraft(TypedDict):
    title: NotRequired[str]
    notes: NotRequired[str | None]
    priority: NotRequired[int | None]
    labels: NotRequired[list[str] | None]
    project_id: NotRequired[str | None]
    parent_id: NotRequired[str | None]
    due_date: NotRequired[str | None]
    due_time: NotRequired[str | None]
    time_zone: NotRequired[str | None]
    recurrence: NotRequired[RecurrencePatch | None]
    reminders: NotRequired[list[ReminderOfTaskInput] | None]
    position: NotRequired[str | None]
    quick: NotRequired[str | None]
    marks: NotRequired[Literal["todo", "todoist", "vikunja"] | None]


class TaskPart(TypedDict):
    id: str
    title: NotRequired[str]
    notes: NotRequired[str]
    done: NotRequired[bool]
    priority: NotRequired[int]
    labels: NotRequired[list[str]]
    project_id: NotRequired[str | None]
    parent_id: NotRequired[str | None]
    subtasks_done: NotRequired[int]
    subtasks_total: NotRequired[int]
    due_date: NotRequired[str | None]
    due_time: NotRequired[str | None]
    time_zone: NotRequired[str | None]
    due_at: NotRequired[str | None]
    recurrence: NotRequired[Recurrence | None]
    series_id: NotRequired[str | None]
    occurrence: NotRequired[int]
    reminders: NotRequired[list[ReminderOfTaskOutput]]
    position: NotRequired[str]
    version: NotRequired[int]
    created_at: NotRequired[str]
    updated_at: NotRequired[str]
    completed_at: NotRequired[str | None]
    deleted_at: NotRequired[str | None]


class TaskPatch(TypedDict):
    title: NotRequired[str]
    notes: NotRequired[str | None]
    priority: NotRequired[int | None]
    labels: NotRequired[list[str] | None]
    project_id: NotRequired[str | None]
    parent_id: NotRequired[str | None]
    due_date: NotRequired[str | None]
    due_time: NotRequired[str | None]
    time_zone: NotRequired[str | None]
    recurrence: NotRequired[RecurrencePatch | None]
    reminders: NotRequired[list[ReminderOfTaskInput] | None]
    position: NotRequired[str | None]


class TaskRead(TypedDict):
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
    due_date: str | None
    due_time: str | None
    time_zone: str | None
    due_at: str | None
    recurrence: Recurrence | None
    series_id: str | None
    occurrence: int
    reminders: list[ReminderOfTaskOutput]
    position: str
    version: int
    created_at: str
    updated_at: str
    completed_at: str | None
    deleted_at: str | None


class Unskip(TypedDict):
    due_date: str
    due_time: NotRequired[str | None]
