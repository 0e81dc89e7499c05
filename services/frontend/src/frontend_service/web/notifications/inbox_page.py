"""The inbox: what happened, and what of it was read."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime

from starlette.responses import RedirectResponse, Response

from contracts.api.notifications import NotificationRead
from frontend_service.clients.service_client import is_unavailable
from frontend_service.web.notifications.unread_badge import (
    count_unread,
    format_count,
    read_unread,
    reminders_since,
)
from frontend_service.web.page_route import page_router
from frontend_service.web.paging import PAGE, read_newest, within_limits
from frontend_service.web.rendering import render_fragment, render_page
from frontend_service.web.request_context import Form, Now, RequestContext, SignedIn
from servicekit.errors import ServiceError
from servicekit.web.ids import PathId, new_id

KINDS = {
    "reminder": "Reminder",
    "digest": "Daily digest",
    "import": "Import",
    "channel.disabled": "Channel switched off",
    "channel.failing": "Channel fails",
    "deliveries.dropped": "Deliveries given up",
}
READ_AT_ONCE = 8

pages = page_router()


@dataclass(frozen=True, slots=True)
class InboxEntry:
    """One notification, in words."""

    notification: NotificationRead
    kind: str
    when: str

    @property
    def is_unread(self) -> bool:
        return self.notification["read_at"] is None

    @property
    def link(self) -> str:
        """Where there is more about it; empty if nowhere."""
        if self.notification["task_id"]:
            return f"/tasks/{self.notification['task_id']}/edit"
        if self.notification.get("import_id"):
            return f"/account/import/{self.notification['import_id']}"
        return "/settings" if self.notification.get("channel_id") else ""


@dataclass(frozen=True, slots=True)
class Inbox:
    """The newest `shown` of all notifications. `away`: they can't be read right now."""

    shown: int = PAGE
    entries: list[InboxEntry] = field(default_factory=list)
    more: bool = False
    away: bool = False

    @property
    def next_shown(self) -> int:
        return within_limits(self.shown + PAGE)

    @property
    def unread(self) -> list[InboxEntry]:
        return [entry for entry in self.entries if entry.is_unread]


@pages.get("/notifications")
async def show_notifications(context: SignedIn, now: Now, shown: int = PAGE) -> Response:
    if context.wants_fragment:
        return render_fragment(context, "parts/inbox.html", inbox=await _read_inbox(context, shown, now))
    return await render_page(context, "notifications.html", inbox=_read_inbox(context, shown, now))


@pages.get("/notifications/badge")
async def show_badge(context: SignedIn, since: int = 0) -> Response:
    """Also the reminders that have fired since the page was made: they stay unread until something is done.

    since: seconds since 1970; 0 for no reminders.
    """
    unread = await read_unread(context)
    reminders = reminders_since(unread, since)
    return render_fragment(
        context,
        "parts/badge_and_reminders.html",
        unread=format_count(unread),
        since=since,
        reminders=reminders,
    )


@pages.post("/notifications/read")
async def mark_all_read(context: SignedIn, now: Now, shown: int = PAGE) -> Response:
    """Mark all that are shown as read."""
    inbox = await _read_inbox(context, shown, now)
    gate = asyncio.Semaphore(READ_AT_ONCE)

    async def mark(id: str) -> None:
        async with gate:
            await _mark_read(context, id, new_id())

    await asyncio.gather(*(mark(entry.notification["id"]) for entry in inbox.unread))
    return await _render_change(context, now, shown)


@pages.post("/notifications/{id}/read")
async def mark_one_read(context: SignedIn, now: Now, form: Form, id: PathId, shown: int = PAGE) -> Response:
    await _mark_read(context, id, form.get("key", "") or new_id())
    return await _render_change(context, now, shown)


async def _mark_read(context: RequestContext, id: str, key: str) -> None:
    await context.services.notifications.mark_read(id, key=key)


async def _read_inbox(context: RequestContext, shown: int, now: datetime) -> Inbox:
    shown = within_limits(shown)
    try:
        found, more = await read_newest(context.services.notifications.list_notifications, shown)
    except ServiceError as error:
        if not is_unavailable(error):
            raise
        return Inbox(shown, away=True)
    return Inbox(shown, [_build_entry(notification, now) for notification in found], more)


def _build_entry(notification: NotificationRead, now: datetime) -> InboxEntry:
    kind = KINDS.get(notification["kind"], "News") + (", late" if notification.get("late") else "")
    return InboxEntry(
        notification, kind, describe_age(datetime.fromisoformat(notification["created_at"]), now)
    )


def describe_age(then: datetime, now: datetime) -> str:
    """How long ago `then` was, roughly."""
    minutes = int((now - then).total_seconds() // 60)
    if minutes < 1:
        return "just now"
    if minutes < 60:
        return f"{minutes} min ago"
    if minutes < 24 * 60:
        return f"{minutes // 60} h ago"
    there = then.astimezone(now.tzinfo)
    return f"{there.day} {there:%b}" + ("" if there.year == now.year else f" {there.year}")


async def _render_change(context: RequestContext, now: datetime, shown: int) -> Response:
    if not context.wants_fragment:
        return RedirectResponse("/notifications", 303)
    inbox, unread = await asyncio.gather(_read_inbox(context, shown, now), count_unread(context))
    since = int(now.timestamp())
    return render_fragment(context, "parts/inbox_changed.html", inbox=inbox, unread=unread, since=since)
