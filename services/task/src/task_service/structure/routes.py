"""HTTP in: projects, labels and saved filters."""

from typing import Annotated

from fastapi import Query, Request, Response

from servicekit.security.auth import CurrentUser
from servicekit.web.ids import PathId
from servicekit.web.pagination import CursorParam, Limit, Page
from servicekit.web.routes import SessionDep, create_router
from task_service.models import Label, Project, SavedFilter
from task_service.structure import filters, labels, named, projects
from task_service.structure.schemas import (
    FilterCreate,
    FilterPatch,
    FilterRead,
    LabelCreate,
    LabelPatch,
    LabelRead,
    ProjectCreate,
    ProjectPatch,
    ProjectRead,
)
from task_service.structure.showing import behind, match, page, show, show_new

Trash = Annotated[bool, Query(description="those in the trash, instead of the others")]

project_routes = create_router(prefix="/projects", tags=["projects"])
label_routes = create_router(prefix="/labels", tags=["labels"])
filter_routes = create_router(prefix="/filters", tags=["filters"])


@project_routes.post("", status_code=201)
async def create_project(
    user: CurrentUser, body: ProjectCreate, session: SessionDep, response: Response
) -> ProjectRead:
    return show_new(ProjectRead, await projects.create(session, user, body), response)


@project_routes.get("")
async def list_projects(
    user: CurrentUser,
    session: SessionDep,
    limit: Limit = 50,
    cursor: CursorParam = None,
    trash: Trash = False,
) -> Page[ProjectRead]:
    """In their manual order, nested ones among the others."""
    bound_to = f"projects {trash} {user.user_id}"
    rows = await named.page(session, user, Project, behind(cursor, bound_to), limit + 1, trashed=trash)
    return page(ProjectRead, rows, limit, bound_to)


@project_routes.get("/{id}")
async def read_project(user: CurrentUser, id: PathId, session: SessionDep, response: Response) -> ProjectRead:
    return show(ProjectRead, await named.read(session, user, Project, id), response)


@project_routes.patch("/{id}")
async def update_project(
    user: CurrentUser,
    id: PathId,
    body: ProjectPatch,
    session: SessionDep,
    request: Request,
    response: Response,
) -> ProjectRead:
    project = await named.lock(session, user, Project, id)
    match(request, ProjectRead, project)
    return show(ProjectRead, await projects.update(session, user, project, body), response)


@project_routes.delete("/{id}", status_code=204)
async def delete_project(user: CurrentUser, id: PathId, session: SessionDep, request: Request) -> None:
    """Moves it to the trash with the projects inside it and all their tasks; `restore` brings all back."""
    project = await named.lock(session, user, Project, id)
    match(request, ProjectRead, project)
    await projects.delete(session, user, project)


@project_routes.post("/{id}/restore")
async def restore_project(
    user: CurrentUser, id: PathId, session: SessionDep, request: Request, response: Response
) -> ProjectRead:
    project = await named.lock(session, user, Project, id, trashed=True)
    match(request, ProjectRead, project)
    return show(ProjectRead, await projects.restore(session, user, project), response)


@label_routes.post("", status_code=201)
async def create_label(
    user: CurrentUser, body: LabelCreate, session: SessionDep, response: Response
) -> LabelRead:
    return show_new(LabelRead, await labels.create(session, user, body), response)


@label_routes.get("")
async def list_labels(
    user: CurrentUser, session: SessionDep, limit: Limit = 50, cursor: CursorParam = None
) -> Page[LabelRead]:
    """In their manual order."""
    bound_to = f"labels {user.user_id}"
    rows = await named.page(session, user, Label, behind(cursor, bound_to), limit + 1)
    return page(LabelRead, rows, limit, bound_to)


@label_routes.get("/{id}")
async def read_label(user: CurrentUser, id: PathId, session: SessionDep, response: Response) -> LabelRead:
    return show(LabelRead, await named.read(session, user, Label, id), response)


@label_routes.patch("/{id}")
async def update_label(
    user: CurrentUser, id: PathId, body: LabelPatch, session: SessionDep, request: Request, response: Response
) -> LabelRead:
    """Another name becomes the new one on every task."""
    label = await named.lock(session, user, Label, id)
    match(request, LabelRead, label)
    return show(LabelRead, await labels.update(session, user, label, body), response)


@label_routes.delete("/{id}", status_code=204)
async def delete_label(user: CurrentUser, id: PathId, session: SessionDep, request: Request) -> None:
    """Takes it off every task, too."""
    label = await named.lock(session, user, Label, id)
    match(request, LabelRead, label)
    await labels.delete(session, user, label)


@filter_routes.post("", status_code=201)
async def create_filter(
    user: CurrentUser, body: FilterCreate, session: SessionDep, response: Response
) -> FilterRead:
    return show_new(FilterRead, await filters.create(session, user, body), response)


@filter_routes.get("")
async def list_filters(
    user: CurrentUser, session: SessionDep, limit: Limit = 50, cursor: CursorParam = None
) -> Page[FilterRead]:
    """In their manual order."""
    bound_to = f"filters {user.user_id}"
    rows = await named.page(session, user, SavedFilter, behind(cursor, bound_to), limit + 1)
    return page(FilterRead, rows, limit, bound_to)


@filter_routes.get("/{id}")
async def read_filter(user: CurrentUser, id: PathId, session: SessionDep, response: Response) -> FilterRead:
    return show(FilterRead, await named.read(session, user, SavedFilter, id), response)


@filter_routes.patch("/{id}")
async def update_filter(
    user: CurrentUser,
    id: PathId,
    body: FilterPatch,
    session: SessionDep,
    request: Request,
    response: Response,
) -> FilterRead:
    saved = await named.lock(session, user, SavedFilter, id)
    match(request, FilterRead, saved)
    return show(FilterRead, await filters.update(session, user, saved, body), response)


@filter_routes.delete("/{id}", status_code=204)
async def delete_filter(user: CurrentUser, id: PathId, session: SessionDep, request: Request) -> None:
    saved = await named.lock(session, user, SavedFilter, id)
    match(request, FilterRead, saved)
    await filters.delete(session, saved)
