"""What the task service tells of labels."""

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
