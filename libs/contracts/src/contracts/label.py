"""What the task service tells of labels."""

from typing import ClassVar

from contracts.event import Event
from contracts.named import NamedSnapshot
from contracts.names import Topic


class LabelSnapshot(NamedSnapshot):
    """The whole label as it stood right after the change; of a deleted one, right before it."""


class LabelEvent(Event):
    """A change of one label. Tasks that change with it have events of their own."""

    topic: ClassVar[Topic] = Topic.TODO_EVENTS

    label: LabelSnapshot
    """The label after the change."""

    @property
    def subject(self) -> str:
        return self.label.id


class LabelCreated(LabelEvent):
    """A label was added."""

    type: ClassVar[str] = "todo.label.created.v1"


class LabelUpdated(LabelEvent):
    """Renamed, moved or coloured."""

    type: ClassVar[str] = "todo.label.updated.v1"

    changed: list[str]
    """Names of the fields that differ from the version before."""


class LabelDeleted(LabelEvent):
    """Gone for good."""

    type: ClassVar[str] = "todo.label.deleted.v1"
