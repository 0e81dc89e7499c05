"""The aggregate of a saved filter."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from contracts.folding import name_key
from task_service.named_resources.models import NamedResource


class SavedFilter(NamedResource, SQLModel, table=True):
    """A filter with a name."""

    __tablename__ = "saved_filter"

    id: str = Field(primary_key=True)
    user_id: str
    name: str
    key: str
    filter: str
    sort: str | None = None
    colour: str | None = None
    position: str
    version: int = 1
    created_at: datetime
    updated_at: datetime

    @classmethod
    def keys_of(cls, name: str) -> dict[str, str]:
        """Nothing searches in the names of filters."""
        return {"key": name_key(name)}
