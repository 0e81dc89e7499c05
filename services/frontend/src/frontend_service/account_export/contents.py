"""What is in an export: the files, and what is asked of which service for each.

Lists are read page by page and handed on at once, so no more of an account is in memory than a page.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import orjson

from contracts.names import App
from frontend_service.clients.service_client import Backend, Refused

Piece = tuple[str, bytes]
"""Name of a file, and what comes next in it; all pieces of a file follow one another."""

LIMIT = 100
OBJECTS = {
    "profile.json": (App.USER, "/users/me", "your account"),
    "preferences.json": (App.NOTIFICATION, "/preferences", "settings of reminders and notifications"),
    "calendar.json": (App.TASK, "/calendar", "whether there is a calendar address"),
    "figures.json": (App.ANALYTICS, "/analytics/summary", "productivity figures"),
}
LISTS = {
    "api-tokens.json": (App.USER, "/tokens", "API tokens, without what it takes to use them"),
    "deleted-projects.json": (App.TASK, "/projects?trash=true", "projects in the trash"),
    "notifications.json": (App.NOTIFICATION, "/notifications", "the inbox"),
    "reminders.json": (App.NOTIFICATION, "/reminders", "reminders, and what became of them"),
    "channels.json": (App.NOTIFICATION, "/channels", "where notifications are sent"),
    "webhooks.json": (App.NOTIFICATION, "/webhooks", "webhooks, without their secrets"),
}
PARTS = {
    "trash.json": ("trash", "tasks in the trash"),
    "activity.json": ("activity", "what happened to tasks"),
}
"""What only this export asks the task service for."""
TASKS, CONVERSATIONS, DELIVERIES = "tasks.json", "conversations.json", "deliveries.json"
HEAD = {"projects": "/projects", "labels": "/labels", "filters": "/filters"}
"""What stands before the tasks in `tasks.json`."""


def readme(now: datetime) -> str:
    """What the files are, for people."""
    told = {
        TASKS: "projects, labels, saved filters and tasks; can be imported again",
        CONVERSATIONS: "conversations with the assistant",
        DELIVERIES: "what was sent to webhooks",
        **{name: meaning for name, (*_, meaning) in (OBJECTS | LISTS | PARTS).items()},
    }
    lines = [f"{name:<24}{meaning}" for name, meaning in sorted(told.items())]
    return "\r\n".join([f"What Todo keeps of your account, {now:%Y-%m-%d %H:%M} UTC.", "", *lines, ""])


async def pieces(backend: Backend) -> AsyncIterator[Piece]:
    """Everything, in pieces. Raises `Refused`, or `Unavailable` while a service can't be reached."""
    now = datetime.now(UTC)
    found = await asyncio.gather(*(backend.get(app, path) for app, path, _ in OBJECTS.values()))
    yield "README.txt", readme(now).encode()
    for name, document in zip(OBJECTS, found, strict=True):
        yield name, orjson.dumps(document, option=orjson.OPT_INDENT_2)
    async for data in _tasks(backend, now):
        yield TASKS, data
    for name, (of, _) in PARTS.items():
        async for data in _array(_export_pages(backend, of)):
            yield name, data
    for name, (app, path, _) in LISTS.items():
        async for data in _array(_pages(backend, app, path)):
            yield name, data
    async for data in _array(_conversations(backend)):
        yield CONVERSATIONS, data
    async for data in _array(_deliveries(backend)):
        yield DELIVERIES, data


Items = Sequence[dict[str, Any]]


async def _tasks(backend: Backend, now: datetime) -> AsyncIterator[bytes]:
    """The format of `GET /export`."""
    yield orjson.dumps({"format": "todo", "version": 1, "exported_at": now})[:-1]
    for name, path in HEAD.items():
        yield b',"%s":' % name.encode()
        async for data in _array(_pages(backend, App.TASK, path)):
            yield data
    yield b',"tasks":'
    async for data in _array(_export_pages(backend, "tasks")):
        yield data
    yield b"}"


async def _array(pages: AsyncIterator[Items]) -> AsyncIterator[bytes]:
    """One JSON array of the items of all pages, an item a line."""
    yield b"["
    separator = b"\n"
    async for items in pages:
        if items:
            yield separator + b",\n".join(orjson.dumps(item) for item in items)
            separator = b",\n"
    yield b"\n]"


async def _pages(backend: Backend, app: App, path: str) -> AsyncIterator[Items]:
    cursor = ""
    while True:
        page = await backend.get(app, f"{path}{'&' if '?' in path else '?'}limit={LIMIT}{cursor}")
        yield page["items"]
        if not page["next_cursor"]:
            return
        cursor = f"&cursor={quote(page['next_cursor'], safe='')}"


async def _export_pages(backend: Backend, of: str) -> AsyncIterator[Items]:
    after = ""
    while True:
        page = await backend.get(App.TASK, f"/export/pages?of={of}{after}")
        yield page["items"]
        if not page["next"]:
            return
        after = f"&after={page['next']}"


async def _conversations(backend: Backend) -> AsyncIterator[Items]:
    async for heads in _pages(backend, App.CHAT, "/chat/conversations"):
        for head in heads:
            with _unless_gone():
                yield [await backend.get(App.CHAT, f"/chat/conversations/{quote(head['id'], safe='')}")]


async def _deliveries(backend: Backend) -> AsyncIterator[Items]:
    async for webhooks in _pages(backend, App.NOTIFICATION, "/webhooks"):
        for webhook in webhooks:
            with _unless_gone():
                async for items in _pages(backend, App.NOTIFICATION, f"/webhooks/{webhook['id']}/deliveries"):
                    yield [{"webhook_id": webhook["id"], **item} for item in items]


@contextmanager
def _unless_gone() -> Iterator[None]:
    """What was listed may be deleted, or a conversation dropped for its age, before it is read."""
    try:
        yield
    except Refused as refusal:
        if refusal.status != 404:
            raise
