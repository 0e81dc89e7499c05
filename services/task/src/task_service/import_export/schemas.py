"""Response models of imports and exports."""

from datetime import date, datetime
from typing import Any, Literal

from servicekit.web.schemas import ResponseModel, WallClock
from task_service.tasks.schemas import ActivityRead, Recurrence, ReminderOfTask


class ReportLine(ResponseModel):
    """Something that could not be imported."""

    where: str
    """Line or item of the file."""
    what: str
    """What could not be imported, and why."""


class TaskPreview(ResponseModel):
    """A task of the file as it would be; `project` and `parent` are names, for they may not be there yet."""

    title: str
    """What is to be done; one line, up to 500 characters."""
    notes: str
    """More about it, in Markdown or plain text; up to 50,000 characters."""
    done: bool
    """Whether it is completed."""
    priority: int
    """From 0, none, to 4, the most urgent."""
    labels: list[str]
    """Names of labels."""
    project: str | None = None
    """Name of the project, with those it lies in before it; null: none."""
    parent: str | None = None
    """The title of the task it would lie below."""
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
    reminders: list[ReminderOfTask]
    """When to remind of it, up to 20, no two alike."""
    created_at: datetime
    """When it was created; RFC 3339, UTC."""
    completed_at: datetime | None
    """When it was completed; RFC 3339, UTC. Null while it is open."""


class ImportRead(ResponseModel):
    """A file on its way in: `done` of `total` tasks; `skipped` are those that were there already."""

    id: str
    """UUID of the import."""
    status: Literal["waiting", "running", "done", "failed", "preview"]
    """`preview` for a dry run; otherwise `waiting`, `running`, then `done` or `failed`."""
    total: int
    """Tasks in the file."""
    done: int
    """Tasks looked at so far."""
    added: int
    """Tasks that were created."""
    skipped: int
    """Tasks that were there already, from an earlier import of the same file."""
    report: list[ReportLine]
    """The first lines of what could not be imported."""
    more: int
    """Lines of the report that are not shown."""
    created_at: datetime
    """When the file was taken; RFC 3339, UTC."""
    finished_at: datetime | None
    """When it ended; RFC 3339, UTC. Null until then."""
    format: str | None = None
    """What the file was read as; of a preview, and of an import that named it."""
    tasks: list[TaskPreview] | None = None
    """Of a preview: the first 20 tasks of the file that are new, as they would be."""


class ActivityOfTask(ActivityRead):
    """One change, with the task it was made to."""

    task_id: str
    """UUID of the task."""


class ExportPage(ResponseModel):
    """A part of what is kept of an account."""

    items: list[dict[str, Any]]
    """What is kept, as JSON."""
    next: str | None
    """What to go on after; null at the end."""
