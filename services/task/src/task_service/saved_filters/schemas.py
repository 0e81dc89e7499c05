"""What the API of saved filters takes and shows."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from servicekit.web.schemas import MergePatch, Text
from task_service.named_resources.schemas import Colour
from task_service.tasks.schemas import Name, Position


class FilterPatch(MergePatch):
    """What can be changed of a saved filter."""

    never_null = frozenset({"name", "filter"})

    name: Name = ""
    filter: Annotated[Text, Field(max_length=2000)] = ""
    sort: Annotated[Text, Field(max_length=200)] | None = None
    colour: Colour | None = None
    position: Position | None = None


class FilterCreate(FilterPatch):
    """A new saved filter."""

    name: Name
    filter: Annotated[Text, Field(max_length=2000)]


class FilterRead(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: str
    name: str
    colour: str | None
    position: str
    version: int
    created_at: datetime
    updated_at: datetime
    filter: str
    sort: str | None
