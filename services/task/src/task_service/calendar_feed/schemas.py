"""Response models of calendar subscriptions."""

from datetime import datetime

from pydantic import BaseModel


class FeedRead(BaseModel):
    """Whether there is a private calendar address, and since when."""

    active: bool
    created_at: datetime | None = None


class FeedCreated(FeedRead):
    """The address, which is shown this one time."""

    path: str
    url: str
    """As a calendar program takes it."""
