"""Response models of imports and exports."""

from datetime import date, datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from servicekit.web.schemas import WallClock
from task_service.tasks.schemas import ActivityRead, Recurrence, ReminderOfTask


class ReportLine(BaseModel):
    """Something that could not be imported."""

    where: str
    what: str


class TaskPreview(BaseModel):
    """A task of the file as it would be; `project` and `parent` are names, for they may not be there yet."""

    model_config = ConfigDict(from_attributes=True)

    title: str
    notes: str
    done: bool
    priority: int
    labels: list[str]
    project: str | None = None
    parent: str | None = None
    """The title of the task it would lie below."""
    due_date: date | None
    due_time: WallClock | None
    time_zone: str | None
    due_at: datetime | None
    recurrence: Recurrence | None
    reminders: list[ReminderOfTask]
    created_at: datetime
    completed_at: datetime | None


class ImportRead(BaseModel):
    """A file on its way in: `done` of `total` tasks; `skipped` are those that were there already."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    status: Literal["waiting", "running", "done", "failed", "preview"]
    total: int
    done: int
    added: int
    skipped: int
    report: list[ReportLine]
    more: int
    """Lines of the report that are not shown."""
    created_at: datetime
    finished_at: datetime | None
    format: str | None = None
    """What the file was read as; of a preview, and of an import that named it."""
    tasks: list[TaskPreview] | None = None
    """Of a preview: the first 20 tasks of the file that are new, as they would be."""


class ActivityOfTask(ActivityRead):
    """One change, with the task it was made to."""

    task_id: str


class ExportPage(BaseModel):
    """A part of what is kept of an account."""

    items: list[dict[str, Any]]
    next: str | None
    """What to go on behind; null at the end."""
