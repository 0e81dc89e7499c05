"""What imports and exports show."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from task_service.schemas import ActivityRead


class ReportLine(BaseModel):
    """Something that could not be taken over."""

    where: str
    what: str


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


class ActivityOfTask(ActivityRead):
    """One change, with the task it was made to."""

    task_id: str


class ExportPage(BaseModel):
    """A part of what is kept of an account."""

    items: list[dict[str, Any]]
    next: str | None
    """What to go on behind; null at the end."""


class FeedRead(BaseModel):
    """Whether there is a private calendar address, and since when."""

    active: bool
    created_at: datetime | None = None


class FeedCreated(FeedRead):
    """The address, which is shown this one time."""

    path: str
