"""Templates into answers, with what every page has: theme, unread badge, live events, safe headers."""

import asyncio
import inspect
import time
from collections.abc import Awaitable
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse, Response

from contracts.catalogue import EVENTS
from contracts.names import Topic
from frontend_service.web.notifications import unread_badge
from frontend_service.web.request_context import RequestContext
from frontend_service.web.static_files import StaticFiles
from servicekit.web.ids import new_id

POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "manifest-src 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
)
HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": POLICY,
    "cross-origin-opener-policy": "same-origin",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
}
LIVE_EVENTS = {
    "tasks": [event.type for event in EVENTS if event.type.startswith("todo.task.")],
    "lists": [
        event.type
        for event in EVENTS
        if event.topic is Topic.TODO_EVENTS and not event.type.startswith("todo.task.")
    ],
    "notifications": [event.type for event in EVENTS if event.topic is Topic.NOTIFICATION_EVENTS],
}


def create_environment(static_files: StaticFiles, trace_ratio: float) -> Environment:
    """Jinja2 with every value escaped, and a missing one a mistake."""
    made = Environment(
        loader=PackageLoader("frontend_service"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(
        static=static_files.url,
        statics=static_files.below,
        new_key=new_id,
        live_events=LIVE_EVENTS,
        trace_ratio=trace_ratio,
        icons=made.get_template("parts/icons.html").module,
    )
    return made


def render_fragment(context: RequestContext, template: str, *, status: int = 200, **values: Any) -> Response:
    """A part of a page."""
    templates = context.container.templates
    return HTMLResponse(templates.get_template(template).render(context=context, **values), status)


async def render_page(
    context: RequestContext, template: str, *, status: int = 200, **values: Awaitable[Any] | Any
) -> Response:
    """A whole page; values that have to be waited for are waited for together."""
    values |= {"unread": unread_badge.count_unread(context), "since": int(time.time())}
    waiting = {name: value for name, value in values.items() if inspect.isawaitable(value)}
    found = dict(zip(waiting, await asyncio.gather(*waiting.values()), strict=True))
    return render_fragment(context, template, status=status, **values | found)


def render_toast(context: RequestContext, text: str, *, status: int = 200, **values: Any) -> Response:
    """Only a toast: the page stays as it is."""
    response = render_fragment(context, "parts/note.html", status=status, text=text, **values)
    return keep_page(response)


def keep_page(response: Response) -> Response:
    """`response`, of which only the parts that name their own place are put into the page."""
    response.headers["hx-reswap"] = "none"
    return response
