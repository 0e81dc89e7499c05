"""What events tell of everything that has a name: projects, labels and saved filters."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict


class NamedSnapshot(BaseModel):
    """The whole of it as it stood right after the change; of what was deleted for good, right before it."""

    model_config = ConfigDict(
        frozen=True, extra="ignore", use_attribute_docstrings=True, from_attributes=True
    )

    id: str
    """UUID."""
    name: str
    """What it is called."""
    colour: str | None
    """`#rrggbb`; null: none."""
    position: str
    """Place in the manual order: sorts by its bytes."""
    version: int
    """Raised by every change."""
    created_at: datetime
    """In UTC."""
    updated_at: datetime
    """In UTC."""
