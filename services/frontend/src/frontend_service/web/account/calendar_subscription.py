"""The calendar address: make it, copy it while it is shown, make it anew, end it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from starlette.responses import RedirectResponse, Response

from contracts.api.lists import FilterRead, ProjectRead
from frontend_service.web.page_route import page_router
from frontend_service.web.rendering import render_page
from frontend_service.web.request_context import Form, RequestContext, SignedIn
from frontend_service.web.tasks.sidebar import LISTED
from servicekit.web.ids import new_id

PLACE = "/account/calendar"

pages = page_router()


@dataclass(frozen=True, slots=True)
class Address:
    """One way to subscribe, and what the calendar then holds."""

    id: str
    holds: str
    url: str


@pages.get(PLACE)
async def show_calendar(context: SignedIn, done: str = "") -> Response:
    return await _render_page(context, message="The address is closed." if done == "ended" else "")


@pages.post(PLACE)
async def make_address(context: SignedIn, form: Form) -> Response:
    """It is shown once, on the page that answers; an earlier one ends."""
    key = f"{form.get('key') or new_id()}-calendar"
    made = await context.services.files.renew_feed(key=key)
    lists = context.services.lists
    projects, filters = await asyncio.gather(lists.list_projects(LISTED), lists.list_filters(LISTED))
    return await _render_page(
        context, made=made["url"], addresses=_list_addresses(made["url"], projects["items"], filters["items"])
    )


@pages.post(f"{PLACE}/end")
async def end_address(context: SignedIn, form: Form) -> Response:
    await context.services.files.end_feed(key=f"{form.get('key') or new_id()}-end")
    return RedirectResponse(f"{PLACE}?done=ended", 303)


def _list_addresses(
    url: str, projects: Sequence[ProjectRead], filters: Sequence[FilterRead]
) -> list[Address]:
    tasks = Address("todo", "all open tasks, as a to-do list", f"{url}?components=todo")
    of_projects = [
        Address(project["id"], f"the project “{project['name']}”", f"{url}?project={quote(project['id'])}")
        for project in projects
    ]
    of_filters = [
        Address(saved["id"], f"the filter “{saved['name']}”", f"{url}?filter={quote(saved['id'])}")
        for saved in filters
    ]
    return [tasks, *of_projects, *of_filters]


async def _render_page(context: RequestContext, **values: Any) -> Response:
    stored = await context.services.files.read_feed()
    created_at = stored.get("created_at")
    made_on = datetime.fromisoformat(created_at) if created_at else None
    known: dict[str, Any] = {"made": "", "message": "", "addresses": [], "key": new_id()}
    return await render_page(
        context, "calendar_subscription.html", active=stored["active"], made_on=made_on, **known | values
    )
