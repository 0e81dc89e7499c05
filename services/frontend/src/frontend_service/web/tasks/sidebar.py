"""The lists beside the tasks: built-in ones, projects inside each other, labels, saved filters."""

import asyncio
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from starlette.responses import RedirectResponse, Response

from contracts.names import App
from frontend_service.clients.service_client import Json, Refused, is_away
from frontend_service.web.page_route import router
from frontend_service.web.rendering import show
from frontend_service.web.request_context import Form, SignedIn, Visit
from frontend_service.web.tasks.views import AskedView
from servicekit.errors import ServiceError
from servicekit.web.ids import new_id

LISTED = 200
"""Of each kind; who has more finds the others by the API."""

pages = router()


@dataclass(frozen=True, slots=True)
class Place:
    """A project, and how deep it lies in others."""

    project: Json
    level: int


@dataclass(frozen=True, slots=True)
class Sidebar:
    """What there is to choose from."""

    projects: Sequence[Place] = ()
    labels: Sequence[Json] = ()
    filters: Sequence[Json] = ()
    names: dict[str, str] = field(default_factory=dict)
    """Of projects and filters, by id."""
    sorts: dict[str, str] = field(default_factory=dict)
    """Of filters that have one, by id."""
    away: bool = False
    """Whether some of it can't be read right now."""

    @property
    def fingerprint(self) -> str:
        """The same for the same lists."""
        return f"{zlib.crc32(repr((self.projects, self.labels, self.filters)).encode()):08x}"


async def read_sidebar(visit: Visit) -> Sidebar:
    kinds = ("projects", "labels", "filters")
    found = await asyncio.gather(*(_read(visit, name) for name in kinds))
    return replace(arranged(*(items or [] for items in found)), away=None in found)


def arranged(projects: list[Json], labels: list[Json], filters: list[Json]) -> Sidebar:
    """What a sidebar shows of these."""
    names = {item["id"]: item["name"] for item in (*projects, *filters)}
    shown = [item for item in projects if not item["archived"]]
    sorts = {item["id"]: item["sort"] for item in filters if item.get("sort")}
    return Sidebar(nested(shown), labels, filters, names, sorts)


async def read_projects(visit: Visit) -> list[Place]:
    """The projects a task can be in."""
    return nested(await _read(visit, "projects") or [])


def nested(projects: Sequence[Json]) -> list[Place]:
    """Each project behind the one it lies in; what lies in one that is not shown lies at the top."""
    known = {project["id"] for project in projects}
    below: dict[str | None, list[Json]] = {}
    for project in projects:
        parent = project["parent_id"] if project["parent_id"] in known else None
        below.setdefault(parent, []).append(project)

    def walk(parent: str | None, level: int) -> list[Place]:
        found: list[Place] = []
        for project in below.get(parent, []):
            found += [Place(project, level), *walk(project["id"], level + 1)]
        return found

    return walk(None, 0)


@pages.get("/sidebar")
async def lists_beside(visit: SignedIn, view: AskedView, path: str = "/", have: str = "") -> Response:
    """The lists as they are now; nothing while they are away or the same: the page keeps its own."""
    sidebar = await read_sidebar(visit)
    if sidebar.away or sidebar.fingerprint == have:
        return Response(status_code=204)
    return show(visit, "parts/lists.html", sidebar=sidebar, view=view, path=path)


@pages.post("/projects")
async def add_project(visit: SignedIn, form: Form) -> Response:
    body = {"name": form.get("name", "")} | ({"parent_id": form["parent"]} if form.get("parent") else {})
    made = await visit.backend.send(App.TASK, "POST", "/projects", body, key=form.get("key") or new_id())
    return RedirectResponse(f"/?project={made['id']}", 303)


@pages.post("/filters")
async def save_filter(visit: SignedIn, view: AskedView, form: Form) -> Response:
    body = {"name": form.get("name", ""), "filter": view.filter} | ({"sort": view.sort} if view.sort else {})
    made = await visit.backend.send(App.TASK, "POST", "/filters", body, key=form.get("key") or new_id())
    return RedirectResponse(f"/?saved={made['id']}", 303)


async def _read(visit: Visit, name: str) -> list[Json] | None:
    """None while they can't be read."""
    try:
        found: list[Json] = (await visit.backend.get(App.TASK, f"/{name}?limit={LISTED}"))["items"]
    except ServiceError as error:
        if isinstance(error, Refused) and not is_away(error):
            raise
        return None
    return found
