"""The calendar address: make it, copy it while it is shown, make it anew, end it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from starlette.responses import RedirectResponse, Response

from contracts.names import App
from frontend_service.clients.service_client import Json
from frontend_service.web.page_route import router
from frontend_service.web.rendering import show_page
from frontend_service.web.request_context import Form, SignedIn, Visit
from frontend_service.web.tasks.sidebar import LISTED
from servicekit.web.ids import new_id

PLACE, FEED = "/account/calendar", "/calendar"

pages = router()


@dataclass(frozen=True, slots=True)
class Address:
    """One way to subscribe, and what the calendar then holds."""

    id: str
    holds: str
    url: str


@pages.get(PLACE)
async def calendar(visit: SignedIn, done: str = "") -> Response:
    return await _page(visit, said="The address is closed." if done == "ended" else "")


@pages.post(PLACE)
async def make_address(visit: SignedIn, form: Form) -> Response:
    """It is shown once, on the page that answers; an earlier one ends."""
    key = f"{form.get('key') or new_id()}-calendar"
    made = await visit.backend.send(App.TASK, "POST", FEED, key=key)
    kinds = ("projects", "filters")
    found = await asyncio.gather(*(visit.backend.get(App.TASK, f"/{kind}?limit={LISTED}") for kind in kinds))
    projects, filters = (answer["items"] for answer in found)
    return await _page(visit, made=made["url"], addresses=_addresses(made["url"], projects, filters))


@pages.post(f"{PLACE}/end")
async def end_address(visit: SignedIn, form: Form) -> Response:
    await visit.backend.send(App.TASK, "DELETE", FEED, key=f"{form.get('key') or new_id()}-end")
    return RedirectResponse(f"{PLACE}?done=ended", 303)


def _addresses(url: str, projects: Sequence[Json], filters: Sequence[Json]) -> list[Address]:
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


async def _page(visit: Visit, **values: Any) -> Response:
    stored = await visit.backend.get(App.TASK, FEED)
    made_on = datetime.fromisoformat(stored["created_at"]) if stored.get("created_at") else None
    known: Json = {"made": "", "said": "", "addresses": [], "key": new_id()}
    return await show_page(visit, "calendar.html", active=stored["active"], made_on=made_on, **known | values)
