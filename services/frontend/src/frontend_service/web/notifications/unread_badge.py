"""What waits in the inbox: how much, for the badge that every page has, and reminders for open pages."""

from collections.abc import Sequence
from datetime import datetime

from contracts.names import App
from frontend_service.clients.service_client import Json
from frontend_service.web.request_context import Visit
from servicekit.errors import ServiceError

COUNTED = 10
"""More are told as 9+."""


async def read_unread(visit: Visit) -> Sequence[Json]:
    """The newest unread notifications; none while they can't be read."""
    if visit.session is None:
        return []
    try:
        found = await visit.backend.get(App.NOTIFICATION, f"/notifications?unread=true&limit={COUNTED}")
    except ServiceError:
        return []
    items: Sequence[Json] = found["items"]
    return items


async def count_unread(visit: Visit) -> str:
    """What the badge shows; empty for nothing, and while it can't be known."""
    return count_of(await read_unread(visit))


def count_of(unread: Sequence[Json]) -> str:
    count = len(unread)
    return f"{COUNTED - 1}+" if count >= COUNTED else str(count or "")


def fired_since(unread: Sequence[Json], since: int) -> list[Json]:
    """The reminders in `unread` from the Unix time `since` on, oldest first; none for 0."""
    reminders = [entry for entry in unread if entry.get("kind") == "reminder"]
    if not since:
        return []
    return [
        entry
        for entry in reversed(reminders)
        if datetime.fromisoformat(entry["created_at"]).timestamp() >= since
    ]
