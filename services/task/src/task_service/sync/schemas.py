"""Response models of incremental sync."""

from typing import Literal

from pydantic import BaseModel, Field

from task_service.labels.schemas import LabelRead
from task_service.projects.schemas import ProjectRead
from task_service.saved_filters.schemas import FilterRead
from task_service.tasks.schemas import TaskRead


class ChangeRead(BaseModel):
    """One thing as it is now, or that it is gone."""

    kind: Literal["task", "project", "label", "filter"]
    id: str
    deleted: bool = Field(description="gone, or in the trash; else it is in the field named by its kind")
    task: TaskRead | None = None
    project: ProjectRead | None = None
    label: LabelRead | None = None
    filter: FilterRead | None = None


class Changes(BaseModel):
    """What is different since a token, oldest first."""

    items: list[ChangeRead]
    next_token: str = Field(description="to ask with next time")
    has_more: bool = Field(description="whether to ask again at once")
    full_sync: bool = Field(description="everything comes, from here on: drop what you hold")
