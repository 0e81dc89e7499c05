"""What the API of saved filters takes and shows."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from servicekit.web.schemas import MergePatch, ResponseModel, Text
from task_service.named_resources.schemas import Colour
from task_service.tasks.schemas import Name, Position


class FilterPatch(MergePatch):
    """What can be changed of a saved filter."""

    never_null = frozenset({"name", "filter"})

    name: Name = ""
    """Up to 100 characters; no two filters of an account have the same."""
    filter: Annotated[Text, Field(max_length=2000)] = ""
    """Which tasks, in the language of docs/filters.md."""
    sort: Annotated[Text, Field(max_length=200)] | None = None
    """In which order, such as `-priority,due`; null: newest first."""
    colour: Colour | None = None
    """Colour to show it in, `#rrggbb` in lower case; null: none."""
    position: Position | None = None
    """Place in the manual order: sorts by its bytes (a fractional index). Left out: after the others."""


class FilterCreate(FilterPatch):
    """A new saved filter."""

    name: Name
    """Up to 100 characters; no two filters of an account have the same."""
    filter: Annotated[Text, Field(max_length=2000)]
    """Which tasks, in the language of docs/filters.md."""


class FilterRead(ResponseModel):
    """A saved filter as it is now."""

    id: str
    """UUID."""
    name: str
    """What it is called."""
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
    filter: str
    """Which tasks, in the language of docs/filters.md."""
    sort: str | None
    """In which order; null: newest first."""
