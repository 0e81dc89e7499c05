"""The lists beside the tasks: built-in ones, projects inside each other, labels, saved filters."""

import asyncio
import zlib
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from starlette.responses import RedirectResponse, Response

from contracts.api.lists import FilterCreate, FilterRead, LabelRead, ProjectCreate, ProjectRead
from contracts.api.page import Page
from frontend_service.clients.list_client import ListClient
from frontend_service.clients.service_client import UpstreamError, is_unavailable
from frontend_service.web.page_route import page_router
from frontend_service.web.rendering import render_fragment
from frontend_service.web.request_context import Form, RequestContext, SignedIn
from frontend_service.web.tasks.views import AskedView
from servicekit.errors import ServiceError
from servicekit.web.ids import new_id

T = TypeVar("T")
LISTED = 200
"""Of each kind; who has more finds the others by the API."""

pages = page_router()


@dataclass(frozen=True, slots=True)
class NestedProject:
    """A project, and how deep it lies in others."""

    project: ProjectRead
    level: int


@dataclass(frozen=True, slots=True)
class Sidebar:
    """What there is to choose from."""

    projects: Sequence[NestedProject] = ()
    labels: Sequence[LabelRead] = ()
    filters: Sequence[FilterRead] = ()
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


async def read_sidebar(context: RequestContext) -> Sidebar:
    """The three lists, read concurrently; one that can't be read is empty, and `away` is set."""
    lists = context.services.lists
    projects, labels, filters = await asyncio.gather(
        _find_items(lists.list_projects(LISTED)),
        _find_items(lists.list_labels(LISTED)),
        _find_items(lists.list_filters(LISTED)),
    )
    sidebar = arrange_sidebar(projects or [], labels or [], filters or [])
    return replace(sidebar, away=None in (projects, labels, filters))


def arrange_sidebar(
    projects: list[ProjectRead], labels: list[LabelRead], filters: list[FilterRead]
) -> Sidebar:
    """What a sidebar shows of these."""
    names = {item["id"]: item["name"] for item in (*projects, *filters)}
    shown = [item for item in projects if not item["archived"]]
    sorts = {item["id"]: sort for item in filters if (sort := item.get("sort"))}
    return Sidebar(nest_projects(shown), labels, filters, names, sorts)


async def read_projects(context: RequestContext) -> list[NestedProject]:
    """The projects a task can be in."""
    return nest_projects(await _find_items(context.services.lists.list_projects(LISTED)) or [])


def nest_projects(projects: Sequence[ProjectRead]) -> list[NestedProject]:
    """Each project after the one it lies in; what lies in one that is not shown lies at the top."""
    known = {project["id"] for project in projects}
    below: dict[str | None, list[ProjectRead]] = {}
    for project in projects:
        parent = project["parent_id"] if project["parent_id"] in known else None
        below.setdefault(parent, []).append(project)

    def walk(parent: str | None, level: int) -> list[NestedProject]:
        found: list[NestedProject] = []
        for project in below.get(parent, []):
            found += [NestedProject(project, level), *walk(project["id"], level + 1)]
        return found

    return walk(None, 0)


@pages.get("/sidebar")
async def show_sidebar(context: SignedIn, view: AskedView, path: str = "/", have: str = "") -> Response:
    """The lists as they are now; nothing while they are away or the same: the page keeps its own."""
    sidebar = await read_sidebar(context)
    if sidebar.away or sidebar.fingerprint == have:
        return Response(status_code=204)
    return render_fragment(context, "parts/lists.html", sidebar=sidebar, view=view, path=path)


@pages.post("/projects")
async def add_project(context: SignedIn, form: Form) -> Response:
    project = ProjectCreate(name=form.get("name", ""))
    if form.get("parent"):
        project["parent_id"] = form["parent"]
    made = await context.services.lists.create_project(project, key=form.get("key") or new_id())
    return RedirectResponse(f"/?project={made['id']}", 303)


@pages.post("/filters")
async def save_filter(context: SignedIn, view: AskedView, form: Form) -> Response:
    """Saves the filter and sort order of the open view under a name."""
    saved = FilterCreate(name=form.get("name", ""), filter=view.filter)
    if view.sort:
        saved["sort"] = view.sort
    made = await context.services.lists.create_filter(saved, key=form.get("key") or new_id())
    return RedirectResponse(f"/?saved={made['id']}", 303)


async def read_lists(lists: ListClient) -> tuple[list[ProjectRead], list[LabelRead], list[FilterRead]]:
    """Projects, labels and filters. Raises `UpstreamError` or `Unavailable`."""
    projects, labels, filters = await asyncio.gather(
        lists.list_projects(LISTED), lists.list_labels(LISTED), lists.list_filters(LISTED)
    )
    return projects["items"], labels["items"], filters["items"]


async def _find_items(page: Awaitable[Page[T]]) -> list[T] | None:
    """None while they can't be read."""
    try:
        return (await page)["items"]
    except ServiceError as error:
        if isinstance(error, UpstreamError) and not is_unavailable(error):
            raise
        return None
