"""What the API of labels takes and shows."""

from datetime import datetime

from servicekit.web.schemas import MergePatch, ResponseModel
from task_service.named_resources.schemas import Colour
from task_service.tasks.schemas import Label, Position


class LabelPatch(MergePatch):
    """What can be changed of a label."""

    never_null = frozenset({"name"})

    name: Label = ""
    """Up to 100 characters; no two labels of an account have the same."""
    colour: Colour | None = None
    """Colour to show it in, `#rrggbb` in lower case; null: none."""
    position: Position | None = None
    """Place in the manual order: sorts by its bytes (a fractional index). Left out: after the others."""


class LabelCreate(LabelPatch):
    """A new label."""

    name: Label
    """Up to 100 characters; no two labels of an account have the same."""


class LabelRead(ResponseModel):
    """A label as it is now."""

    id: str
    """UUID."""
    name: str
    """What it is called on every task."""
    colour: str | None
    """Colour to show it in, `#rrggbb` in lower case; null: none."""
    position: str
    """Place in the manual order: sorts by its bytes (a fractional index). Left out: after the others."""
    version: int
    """Raised by every change; the `ETag` is this number in quotes."""
    created_at: datetime
    """When it was created; RFC 3339, UTC."""
    updated_at: datetime
    """When it was last changed; RFC 3339, UTC."""
