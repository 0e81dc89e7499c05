"""Response models of calendar subscriptions."""

from datetime import datetime

from servicekit.web.schemas import ResponseModel


class FeedRead(ResponseModel):
    """Whether there is a private calendar address, and since when."""

    active: bool
    """Whether there is an address."""
    created_at: datetime | None = None
    """Since when; null if there is none."""


class FeedCreated(FeedRead):
    """The address, which is shown this one time."""

    path: str
    """The address as a path of this server."""
    url: str
    """As a calendar program takes it."""
