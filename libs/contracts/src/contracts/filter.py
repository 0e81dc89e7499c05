"""What the task service tells of saved filters."""

from typing import ClassVar

from contracts.event import Event
from contracts.named import NamedSnapshot
from contracts.names import Topic


class FilterSnapshot(NamedSnapshot):
    """The whole saved filter as it stood right after the change; of a deleted one, right before it."""

    filter: str
    """Which tasks, in the language of docs/filters.md."""
    sort: str | None
    """In which order; null: newest first."""


class FilterEvent(Event):
    """A change of one saved filter."""

    topic: ClassVar[Topic] = Topic.TODO_EVENTS

    filter: FilterSnapshot
    """The saved filter after the change."""

    @property
    def subject(self) -> str:
        return self.filter.id


class FilterCreated(FilterEvent):
    """A saved filter was added."""

    type: ClassVar[str] = "todo.filter.created.v1"


class FilterUpdated(FilterEvent):
    """Renamed, or it says something else."""

    type: ClassVar[str] = "todo.filter.updated.v1"

    changed: list[str]
    """Names of the fields that differ from the version before."""


class FilterDeleted(FilterEvent):
    """Gone for good."""

    type: ClassVar[str] = "todo.filter.deleted.v1"
