"""What imports and exports show."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict


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


class FeedRead(BaseModel):
    """Whether there is a private calendar address, and since when."""

    active: bool
    created_at: datetime | None = None


class FeedCreated(FeedRead):
    """The address, which is shown this one time."""

    path: str
