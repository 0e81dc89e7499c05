"""What the task service tells of projects."""

from datetime import datetime
from typing import ClassVar

from contracts.event import Event
from contracts.named import NamedSnapshot
from contracts.names import Topic


class ProjectSnapshot(NamedSnapshot):
    """The whole project as it stood right after the change."""

    parent_id: str | None
    """UUID of what it lies in; null: in nothing."""
    archived: bool
    """Whether it is put away."""
    deleted_at: datetime | None
    """When it went to the trash, in UTC; null if it is not there."""


class ProjectEvent(Event):
    """A change of one project."""

    topic: ClassVar[Topic] = Topic.TODO_EVENTS

    project: ProjectSnapshot
    """The project after the change."""

    @property
    def subject(self) -> str:
        return self.project.id


class ProjectCreated(ProjectEvent):
    """A project was added."""

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
    """A project came out of the trash."""

    type: ClassVar[str] = "todo.project.restored.v1"
