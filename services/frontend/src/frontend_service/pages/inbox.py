"""How many notifications wait, for the badge that every page has."""

from contracts.names import App
from frontend_service.pages.visit import Visit
from servicekit.errors import ServiceError

COUNTED = 10
"""More are told as 9+."""


async def count_unread(visit: Visit) -> str:
    """What the badge shows; empty for nothing, and while it can't be known."""
    if visit.session is None:
        return ""
    try:
        found = await visit.backend.get(App.NOTIFICATION, f"/notifications?unread=true&limit={COUNTED}")
    except ServiceError:
        return ""
    count = len(found["items"])
    return f"{COUNTED - 1}+" if count >= COUNTED else str(count or "")
