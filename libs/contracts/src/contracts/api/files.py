"""Files, as the API has them; written by `make generate`."""

from typing import Literal, NotRequired, TypedDict

from contracts.api.tasks import Recurrence, ReminderOfTaskOutput


class FeedCreated(TypedDict):
    active: bool
    created_at: NotRequired[str | None]
    path: str
    url: str


class FeedRead(TypedDict):
    active: bool
    created_at: NotRequired[str | None]


class ReportLine(TypedDict):
    where: str
    what: str


class TaskPreview(TypedDict):
    title: str
    notes: str
    done: bool
    priority: int
    labels: list[str]
    project: NotRequired[str | None]
    parent: NotRequired[str | None]
    due_date: str | None
    due_time: str | None
    time_zone: str | None
    due_at: str | None
    recurrence: Recurrence | None
    reminders: list[ReminderOfTaskOutput]
    created_at: str
    completed_at: str | None


class ImportRead(TypedDict):
    id: str
    status: Literal["waiting", "running", "done", "failed", "preview"]
    total: int
    done: int
    added: int
    skipped: int
    report: list[ReportLine]
    more: int
    created_at: str
    finished_at: str | None
    format: NotRequired[str | None]
    tasks: NotRequired[list[TaskPreview] | None]
