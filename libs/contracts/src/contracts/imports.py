"""What the task service tells of imports."""

from datetime import datetime
from typing import ClassVar

from contracts.event import Event
from contracts.names import Topic


class ImportFinished(Event):
    """A file was taken in, or given up. Each task of it has an event of its own."""

    type: ClassVar[str] = "todo.imports.finished.v1"
    topic: ClassVar[Topic] = Topic.TODO_EVENTS

    import_id: str
    """UUID of the import."""
    source: str
    """Where the file came from, in words: `Todoist`, `a CSV file`."""
    added: int
    """Tasks that were created."""
    skipped: int
    """Tasks of the file that were there already."""
    losses: int
    """Lines of its report: what could not be taken over as it was."""
    failure: str
    """Why it was given up; empty if it was not."""
    finished_at: datetime
    """In UTC."""

    @property
    def subject(self) -> str:
        return self.import_id
