"""What the task service tells of projects, labels and saved filters."""

from datetime import datetime
from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from contracts.event import Event
from contracts.names import Topic


class LabelSnapshot(BaseModel):
    """The whole label as it stood right after the change; of a deleted one, right before it."""

    model_config = ConfigDict(frozen=True, extra="ignore", from_attributes=True)

    id: str
    name: str
    colour: str | None
    position: str
    version: int
    created_at: datetime
    updated_at: datetime


class FilterSnapshot(LabelSnapshot):
    """The whole saved filter."""

    filter: str
    sort: str | None


class ProjectSnapshot(LabelSnapshot):
    """The whole project."""

    parent_id: str | None
    archived: bool
    deleted_at: datetime | None


class ProjectEvent(Event):
    """A change of one project."""

    topic: ClassVar[Topic] = Topic.TODO_EVENTS

    project: ProjectSnapshot

    @property
    def subject(self) -> str:
        return self.project.id


class ProjectCreated(ProjectEvent):
    type: ClassVar[str] = "todo.project.created.v1"


class ProjectUpdated(ProjectEvent):
    """Renamed, moved, archived or otherwise edited."""

    type: ClassVar[str] = "todo.project.updated.v1"

    changed: list[str]
    """Names of the fields that differ from the version before."""


class ProjectDeleted(ProjectEvent):
    """Moved to the trash; it can be restored. Each task and project in it has an event of its own."""

    type: ClassVar[str] = "todo.project.deleted.v1"


class ProjectRestored(ProjectEvent):
    type: ClassVar[str] = "todo.project.restored.v1"


class LabelEvent(Event):
    """A change of one label. Tasks that change with it have events of their own."""

    topic: ClassVar[Topic] = Topic.TODO_EVENTS

    label: LabelSnapshot

    @property
    def subject(self) -> str:
        return self.label.id


class LabelCreated(LabelEvent):
    type: ClassVar[str] = "todo.label.created.v1"


class LabelUpdated(LabelEvent):
    type: ClassVar[str] = "todo.label.updated.v1"

    changed: list[str]
    """Names of the fields that differ from the version before."""


class LabelDeleted(LabelEvent):
    """Gone for good."""

    type: ClassVar[str] = "todo.label.deleted.v1"


class FilterEvent(Event):
    """A change of one saved filter."""

    topic: ClassVar[Topic] = Topic.TODO_EVENTS

    filter: FilterSnapshot

    @property
    def subject(self) -> str:
        return self.filter.id


class FilterCreated(FilterEvent):
    type: ClassVar[str] = "todo.filter.created.v1"


class FilterUpdated(FilterEvent):
    type: ClassVar[str] = "todo.filter.updated.v1"

    changed: list[str]
    """Names of the fields that differ from the version before."""


class FilterDeleted(FilterEvent):
    """Gone for good."""

    type: ClassVar[str] = "todo.filter.deleted.v1"
