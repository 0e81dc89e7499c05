"""The aggregate of a project."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from task_service.named_resources.models import NamedResource


class Project(NamedResource, SQLModel, table=True):
    """A list of tasks, perhaps inside another. A deleted one is in the trash with its tasks."""

    __tablename__ = "project"

    id: str = Field(primary_key=True)
    user_id: str
    name: str
    key: str
    """What its name is, see `name_key`."""
    search_key: str = ""
    colour: str | None = None
    parent_id: str | None = None
    archived: bool = False
    position: str
    version: int = 1
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None = None

    def trash(self, when: datetime) -> None:
        """Move to the trash, together with what goes there at the same moment."""
        before = self.values()
        self.deleted_at = when
        self._raise_version("deleted", before, when)

    def restore(self, now: datetime) -> None:
        """Take out of the trash."""
        before = self.values()
        self.deleted_at = None
        self._raise_version("restored", before, now)
