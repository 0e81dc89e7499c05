"""What the API of labels takes and shows."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict

from servicekit.web.schemas import MergePatch
from task_service.named_resources.schemas import Colour
from task_service.tasks.schemas import Label, Position


class LabelPatch(MergePatch):
    """What can be changed of a label."""

    never_null = frozenset({"name"})

    name: Label = ""
    colour: Colour | None = None
    position: Position | None = None


class LabelCreate(LabelPatch):
    """A new label."""

    name: Label


class LabelRead(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: str
    name: str
    colour: str | None
    position: str
    version: int
    created_at: datetime
    updated_at: datetime
