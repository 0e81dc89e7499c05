"""The aggregate of a label."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from task_service.named_resources.models import NamedResource


class Label(NamedResource, SQLModel, table=True):
    """A word that tasks carry; one of each name."""

    __tablename__ = "label"

    id: str = Field(primary_key=True)
    user_id: str
    name: str
    key: str
    search_key: str = ""
    colour: str | None = None
    position: str
    version: int = 1
    created_at: datetime
    updated_at: datetime
