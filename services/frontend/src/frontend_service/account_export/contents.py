"""What is in an export: the files, and what is asked of which service for each.

Lists are read page by page and handed on at once, so no more of an account is in memory than a page.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TypeVar
from urllib.parse import quote

import orjson

from contracts.api.internal import Identified
from contracts.api.page import Page
from contracts.names import App
from frontend_service.clients.service_client import JsonObject, UpstreamError, page_path
from frontend_service.clients.services import Services

T = TypeVar("T")
Chunk = tuple[str, bytes]
"""Name of a file, and what comes next in it; all chunks of a file follow one another."""

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


def render_readme(now: datetime) -> str:
    """What the files are, for people."""
    descriptions = {
        TASKS: "projects, labels, saved filters and tasks; can be imported again",
        CONVERSATIONS: "conversations with the assistant",
        DELIVERIES: "what was sent to webhooks",
        **{name: meaning for name, (*_, meaning) in (OBJECTS | LISTS | PARTS).items()},
    }
    lines = [f"{name:<24}{meaning}" for name, meaning in sorted(descriptions.items())]
    return "\r\n".join([f"What Todo keeps of your account, {now:%Y-%m-%d %H:%M} UTC.", "", *lines, ""])


async def export_chunks(services: Services) -> AsyncIterator[Chunk]:
    """Everything, in chunks. Raises `UpstreamError`, or `Unavailable` while a service can't be reached."""
    now = datetime.now(UTC)
    found = await asyncio.gather(*(services.get(JsonObject, app, path) for app, path, _ in OBJECTS.values()))
    yield "README.txt", render_readme(now).encode()
    for name, document in zip(OBJECTS, found, strict=True):
        yield name, orjson.dumps(document, option=orjson.OPT_INDENT_2)
    async for data in _encode_tasks(services, now):
        yield TASKS, data
    for name, (of, _) in PARTS.items():
        async for data in _encode_array(_export_pages(services, of)):
            yield name, data
    for name, (app, path, _) in LISTS.items():
        async for data in _encode_array(_list_pages(services, Page[JsonObject], app, path)):
            yield name, data
    async for data in _encode_array(_list_conversations(services)):
        yield CONVERSATIONS, data
    async for data in _encode_array(_list_deliveries(services)):
        yield DELIVERIES, data


Items = Sequence[JsonObject]


async def _encode_tasks(services: Services, now: datetime) -> AsyncIterator[bytes]:
    """The format of `GET /export`."""
    yield orjson.dumps({"format": "todo", "version": 1, "exported_at": now})[:-1]
    for name, path in HEAD.items():
        yield b',"%s":' % name.encode()
        async for data in _encode_array(_list_pages(services, Page[JsonObject], App.TASK, path)):
            yield data
    yield b',"tasks":'
    async for data in _encode_array(_export_pages(services, "tasks")):
        yield data
    yield b"}"


async def _encode_array(pages: AsyncIterator[Items]) -> AsyncIterator[bytes]:
    """One JSON array of the items of all pages, an item a line."""
    yield b"["
    separator = b"\n"
    async for items in pages:
        if items:
            yield separator + b",\n".join(orjson.dumps(item) for item in items)
            separator = b",\n"
    yield b"\n]"


async def _list_pages(
    services: Services, expected: type[Page[T]], app: App, path: str
) -> AsyncIterator[list[T]]:
    cursor = ""
    while True:
        page = await services.get(expected, app, page_path(path, LIMIT, cursor))
        yield page["items"]
        if not page["next_cursor"]:
            return
        cursor = page["next_cursor"]


async def _export_pages(services: Services, part: str) -> AsyncIterator[Items]:
    after = ""
    while True:
        page = await services.files.read_export_page(part, after)
        yield page["items"]
        if not page["next"]:
            return
        after = page["next"]


async def _list_conversations(services: Services) -> AsyncIterator[Items]:
    async for heads in _list_pages(services, Page[Identified], App.CHAT, "/chat/conversations"):
        for head in heads:
            path = f"/chat/conversations/{quote(head['id'], safe='')}"
            with _ignore_deleted():
                yield [await services.get(JsonObject, App.CHAT, path)]


async def _list_deliveries(services: Services) -> AsyncIterator[Items]:
    async for webhooks in _list_pages(services, Page[Identified], App.NOTIFICATION, "/webhooks"):
        for webhook in webhooks:
            path = f"/webhooks/{webhook['id']}/deliveries"
            with _ignore_deleted():
                async for items in _list_pages(services, Page[JsonObject], App.NOTIFICATION, path):
                    yield [{"webhook_id": webhook["id"], **item} for item in items]


@contextmanager
def _ignore_deleted() -> Iterator[None]:
    """What was listed may be deleted, or a conversation dropped for its age, before it is read."""
    try:
        yield
    except UpstreamError as refusal:
        if refusal.status != 404:
            raise
