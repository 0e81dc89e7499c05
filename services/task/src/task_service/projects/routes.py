"""HTTP in: projects."""

from typing import Annotated

from fastapi import Query, Request, Response

from servicekit.security.auth import CurrentUser
from servicekit.web.ids import PathId
from servicekit.web.pagination import CursorParam, Limit, Page
from servicekit.web.routes import SessionDep, create_router
from task_service.models import Project
from task_service.named_resources import use_cases as named
from task_service.named_resources.presenters import behind, match, page, show, show_new
from task_service.projects import use_cases as projects
from task_service.projects.schemas import ProjectCreate, ProjectPatch, ProjectRead

Trash = Annotated[bool, Query(description="those in the trash, instead of the others")]

project_routes = create_router(prefix="/projects", tags=["projects"])


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
