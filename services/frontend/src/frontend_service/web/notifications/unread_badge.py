"""What waits in the inbox: how much, for the badge that every page has, and reminders for open pages."""

from collections.abc import Sequence
from datetime import datetime

from contracts.api.notifications import NotificationRead
from frontend_service.web.request_context import RequestContext
from servicekit.errors import ServiceError

COUNTED = 10
"""More are told as 9+."""


async def read_unread(context: RequestContext) -> Sequence[NotificationRead]:
    """The newest unread notifications; none while they can't be read."""
    if context.session is None:
        return []
    try:
        found = await context.services.notifications.list_notifications(COUNTED, unread=True)
    except ServiceError:
        return []
    return found["items"]


async def count_unread(context: RequestContext) -> str:
    """What the badge shows; empty for nothing, and while it can't be known."""
    return format_count(await read_unread(context))


def format_count(unread: Sequence[NotificationRead]) -> str:
    """`9+` from `COUNTED` on, empty for none."""
    count = len(unread)
    return f"{COUNTED - 1}+" if count >= COUNTED else str(count or "")


def reminders_since(unread: Sequence[NotificationRead], since: int) -> list[NotificationRead]:
    """The reminders in `unread` from the Unix time `since` on, oldest first; none for 0."""
    reminders = [entry for entry in unread if entry.get("kind") == "reminder"]
    if not since:
        return []
    return [
        entry
        for entry in reversed(reminders)
        if datetime.fromisoformat(entry["created_at"]).timestamp() >= since
    ]
