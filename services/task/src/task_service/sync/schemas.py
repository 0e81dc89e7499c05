"""Response models of incremental sync."""

from typing import Literal

from pydantic import Field

from servicekit.web.schemas import ResponseModel
from task_service.labels.schemas import LabelRead
from task_service.projects.schemas import ProjectRead
from task_service.saved_filters.schemas import FilterRead
from task_service.tasks.schemas import TaskRead


class ChangeRead(ResponseModel):
    """One thing as it is now, or that it is gone."""

    kind: Literal["task", "project", "label", "filter"]
    """What it is; the field of that name holds it."""
    id: str
    """UUID of what has changed."""
    deleted: bool = Field(description="gone, or in the trash; else it is in the field named by its kind")
    task: TaskRead | None = None
    """The task as it is now; null where it is gone or something else."""
    project: ProjectRead | None = None
    """The project as it is now; null where it is gone or something else."""
    label: LabelRead | None = None
    """The label as it is now; null where it is gone or something else."""
    filter: FilterRead | None = None
    """The saved filter as it is now; null where it is gone or something else."""


class Changes(ResponseModel):
    """What is different since a token, oldest first."""

    items: list[ChangeRead]
    """Each thing once, as it is now."""
    next_token: str = Field(description="to ask with next time")
    has_more: bool = Field(description="whether to ask again at once")
    full_sync: bool = Field(description="everything comes, from here on: drop what you hold")
