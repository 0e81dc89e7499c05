"""The inbox: what happened, and what of it was read."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from starlette.responses import RedirectResponse, Response

from contracts.names import App
from frontend_service.clients.service_client import Json, is_away
from frontend_service.web.notifications.unread_badge import count_of, count_unread, fired_since, read_unread
from frontend_service.web.page_route import router
from frontend_service.web.paging import PAGE, read_newest, within_limits
from frontend_service.web.rendering import show, show_page
from frontend_service.web.request_context import Form, Now, SignedIn, Visit
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

pages = router()


@dataclass(frozen=True, slots=True)
class Entry:
    """One notification, in words."""

    notification: dict[str, Any]
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
    entries: list[Entry] = field(default_factory=list)
    more: bool = False
    away: bool = False

    @property
    def next_shown(self) -> int:
        return within_limits(self.shown + PAGE)

    @property
    def unread(self) -> list[Entry]:
        return [entry for entry in self.entries if entry.is_unread]


@pages.get("/notifications")
async def notifications(visit: SignedIn, now: Now, shown: int = PAGE) -> Response:
    if visit.wants_fragment:
        return show(visit, "parts/inbox.html", inbox=await _read(visit, shown, now))
    return await show_page(visit, "notifications.html", inbox=_read(visit, shown, now))


@pages.get("/notifications/badge")
async def badge(visit: SignedIn, since: int = 0) -> Response:
    """Also the reminders that have fired since the page was made: they stay unread until something is done.

    since: seconds since 1970; 0 for no reminders.
    """
    unread = await read_unread(visit)
    reminders = fired_since(unread, since)
    return show(
        visit,
        "parts/badge_and_reminders.html",
        unread=count_of(unread),
        since=since,
        reminders=reminders,
    )


@pages.post("/notifications/read")
async def read_all(visit: SignedIn, now: Now, shown: int = PAGE) -> Response:
    """Mark all that are shown as read."""
    inbox = await _read(visit, shown, now)
    gate = asyncio.Semaphore(READ_AT_ONCE)

    async def mark(id: str) -> None:
        async with gate:
            await _mark(visit, id, new_id())

    await asyncio.gather(*(mark(entry.notification["id"]) for entry in inbox.unread))
    return await _changed(visit, now, shown)


@pages.post("/notifications/{id}/read")
async def read_one(visit: SignedIn, now: Now, form: Form, id: PathId, shown: int = PAGE) -> Response:
    await _mark(visit, id, form.get("key", "") or new_id())
    return await _changed(visit, now, shown)


async def _mark(visit: Visit, id: str, key: str) -> Json:
    return await visit.backend.send(App.NOTIFICATION, "POST", f"/notifications/{id}/read", key=key)


async def _read(visit: Visit, shown: int, now: datetime) -> Inbox:
    shown = within_limits(shown)
    try:
        found, more = await read_newest(visit.backend, App.NOTIFICATION, "/notifications", shown)
    except ServiceError as error:
        if not is_away(error):
            raise
        return Inbox(shown, away=True)
    return Inbox(shown, [_entry(notification, now) for notification in found], more)


def _entry(notification: dict[str, Any], now: datetime) -> Entry:
    kind = KINDS.get(notification["kind"], "News") + (", late" if notification.get("late") else "")
    return Entry(notification, kind, ago(datetime.fromisoformat(notification["created_at"]), now))


def ago(then: datetime, now: datetime) -> str:
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


async def _changed(visit: Visit, now: datetime, shown: int) -> Response:
    if not visit.wants_fragment:
        return RedirectResponse("/notifications", 303)
    inbox, unread = await asyncio.gather(_read(visit, shown, now), count_unread(visit))
    since = int(now.timestamp())
    return show(visit, "parts/inbox_changed.html", inbox=inbox, unread=unread, since=since)
