"""A task of a file before it is a row: `task_service.models.Task` loads the ORM, and costs ten times more."""

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from task_service.tasks.due import NEVER


@dataclass(slots=True, kw_only=True)
class NewTask:
    """Times are in UTC."""

    id: str
    user_id: str
    title: str
    notes: str
    done: bool
    priority: int
    labels: list[str]
    project_id: str | None = None
    parent_id: str | None
    subtasks_done: int
    subtasks_total: int
    due_date: date | None
    due_time: time | None
    time_zone: str | None
    due_at: datetime | None = None
    due_by: datetime = NEVER
    recurrence: dict[str, str] | None
    series_id: str | None = None
    occurrence: int = 1
    rule_from: date | None = None
    rule_number: int = 1
    reminders: list[dict[str, Any]]
    position: str
    version: int = 1
    created_at: datetime
    updated_at: datetime
    completed_at: datetime | None
    deleted_at: datetime | None = None
    taken_back: bool = False
