"""What events tell of everything that has a name: projects, labels and saved filters."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict


class NamedSnapshot(BaseModel):
    """The whole of it as it stood right after the change; of what was deleted for good, right before it."""

    model_config = ConfigDict(frozen=True, extra="ignore", from_attributes=True)

    id: str
    name: str
    colour: str | None
    position: str
    version: int
    created_at: datetime
    updated_at: datetime
