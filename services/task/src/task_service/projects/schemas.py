"""What the API of projects takes and shows."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from servicekit.web.schemas import MergePatch, ResponseModel
from task_service.named_resources.schemas import Colour
from task_service.tasks.schemas import Id, Name, Position


class ProjectPatch(MergePatch):
    """What can be changed of a project."""

    never_null = frozenset({"name"})

    name: Name = ""
    """Up to 100 characters; no two projects in one place have the same."""
    colour: Colour | None = None
    """Colour to show it in, `#rrggbb` in lower case; null: none."""
    parent_id: Id | None = Field(default=None, description="the project it lies in")
    archived: Annotated[bool, Field(strict=True)] = False
    """Whether it is put away."""
    position: Position | None = None
    """Place in the manual order: sorts by its bytes (a fractional index). Left out: after the others."""


class ProjectCreate(ProjectPatch):
    """A new project."""

    name: Name
    """Up to 100 characters; no two projects in one place have the same."""


class ProjectRead(ResponseModel):
    """A project as it is now."""

    id: str
    """UUID."""
    name: str
    """What it is called."""
    colour: str | None
    """Colour to show it in, `#rrggbb` in lower case; null: none."""
    parent_id: str | None
    """UUID of the project it lies in; null: in none."""
    archived: bool
    """Whether it is put away."""
    position: str
    """Place in the manual order: sorts by its bytes (a fractional index). Left out: after the others."""
    version: int
    """Raised by every change; the `ETag` is this number in quotes."""
    created_at: datetime
    """When it was created; RFC 3339, UTC."""
    updated_at: datetime
    """When it was last changed; RFC 3339, UTC."""
    deleted_at: datetime | None
    """When it went to the trash; null if it is not there. It stays there for 30 days."""
