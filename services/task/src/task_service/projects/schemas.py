"""What the API of projects takes and shows."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from servicekit.web.schemas import MergePatch
from task_service.named_resources.schemas import Colour
from task_service.tasks.schemas import Id, Name, Position


class ProjectPatch(MergePatch):
    """What can be changed of a project."""

    never_null = frozenset({"name"})

    name: Name = ""
    colour: Colour | None = None
    parent_id: Id | None = Field(default=None, description="the project it lies in")
    archived: Annotated[bool, Field(strict=True)] = False
    position: Position | None = None


class ProjectCreate(ProjectPatch):
    """A new project."""

    name: Name


class ProjectRead(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: str
    name: str
    colour: str | None
    parent_id: str | None
    archived: bool
    position: str
    version: int
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None
