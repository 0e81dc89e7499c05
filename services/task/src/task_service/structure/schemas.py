"""What the API of projects, labels and saved filters takes and shows."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from servicekit.web.schemas import MergePatch, Text
from task_service.schemas import Id, Label, Name, Position

Colour = Annotated[str, Field(pattern=r"^#[0-9a-f]{6}$", description="such as #2f7d5b")]


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


class LabelPatch(MergePatch):
    """What can be changed of a label."""

    never_null = frozenset({"name"})

    name: Label = ""
    colour: Colour | None = None
    position: Position | None = None


class LabelCreate(LabelPatch):
    """A new label."""

    name: Label


class LabelRead(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: str
    name: str
    colour: str | None
    position: str
    version: int
    created_at: datetime
    updated_at: datetime


class FilterPatch(MergePatch):
    """What can be changed of a saved filter."""

    never_null = frozenset({"name", "filter"})

    name: Name = ""
    filter: Annotated[Text, Field(max_length=2000)] = ""
    sort: Annotated[Text, Field(max_length=200)] | None = None
    colour: Colour | None = None
    position: Position | None = None


class FilterCreate(FilterPatch):
    """A new saved filter."""

    name: Name
    filter: Annotated[Text, Field(max_length=2000)]


class FilterRead(LabelRead):
    filter: str
    sort: str | None
