"""The lists beside the tasks: built-in ones, projects inside each other, labels, saved filters."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from starlette.responses import RedirectResponse, Response

from contracts.names import App
from frontend_service.pages.backend import Json, Refused, is_away
from frontend_service.pages.door import router
from frontend_service.pages.signing import own_path
from frontend_service.pages.views import AskedView
from frontend_service.pages.visit import Form, SignedIn, Visit
from servicekit.errors import ServiceError
from servicekit.ids import PathId, new_id

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
    """What there is to choose from; empty while it can't be read."""

    projects: Sequence[Place] = ()
    labels: Sequence[Json] = ()
    filters: Sequence[Json] = ()
    names: dict[str, str] = field(default_factory=dict)
    """Of projects and filters, by id."""


async def read_sidebar(visit: Visit) -> Sidebar:
    kinds = ("projects", "labels", "filters")
    return arranged(*await asyncio.gather(*(_read(visit, name) for name in kinds)))


def arranged(projects: list[Json], labels: list[Json], filters: list[Json]) -> Sidebar:
    """What a sidebar shows of these."""
    names = {item["id"]: item["name"] for item in (*projects, *filters)}
    shown = [item for item in projects if not item["archived"]]
    return Sidebar(nested(shown), labels, filters, names)


async def read_projects(visit: Visit) -> list[Place]:
    """The projects a task can be in."""
    return nested(await _read(visit, "projects"))


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


@pages.post("/projects")
async def add_project(visit: SignedIn, form: Form) -> Response:
    body = {"name": form.get("name", "")} | ({"parent_id": form["parent"]} if form.get("parent") else {})
    made = await visit.backend.send(App.TASK, "POST", "/projects", body, key=form.get("key") or new_id())
    return RedirectResponse(f"/?project={made['id']}", 303)


@pages.post("/projects/{id}/delete")
async def delete_project(visit: SignedIn, form: Form, id: PathId) -> Response:
    """Into the trash, with its tasks."""
    await visit.backend.send(App.TASK, "DELETE", f"/projects/{id}", key=form.get("key") or new_id())
    return RedirectResponse("/trash", 303)


@pages.post("/filters")
async def save_filter(visit: SignedIn, view: AskedView, form: Form) -> Response:
    body = {"name": form.get("name", ""), "filter": view.filter} | ({"sort": view.sort} if view.sort else {})
    made = await visit.backend.send(App.TASK, "POST", "/filters", body, key=form.get("key") or new_id())
    return RedirectResponse(f"/?saved={made['id']}", 303)


@pages.post("/filters/{id}/delete")
async def delete_filter(visit: SignedIn, form: Form, id: PathId) -> Response:
    await visit.backend.send(App.TASK, "DELETE", f"/filters/{id}", key=form.get("key") or new_id())
    return RedirectResponse(own_path(form.get("next", "/")), 303)


async def _read(visit: Visit, name: str) -> list[Json]:
    try:
        found: list[Json] = (await visit.backend.get(App.TASK, f"/{name}?limit={LISTED}"))["items"]
    except ServiceError as error:
        if isinstance(error, Refused) and not is_away(error):
            raise
        return []
    return found
