"""What the task service tells of saved filters."""

from datetime import datetime
from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from contracts.event import Event
from contracts.names import Topic


class FilterSnapshot(BaseModel):
    """The whole saved filter as it stood right after the change; of a deleted one, right before it."""

    model_config = ConfigDict(frozen=True, extra="ignore", from_attributes=True)

    id: str
    name: str
    colour: str | None
    position: str
    version: int
    created_at: datetime
    updated_at: datetime
    filter: str
    sort: str | None


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
