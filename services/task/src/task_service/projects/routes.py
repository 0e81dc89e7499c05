"""HTTP in: projects."""

from typing import Annotated

from fastapi import Query, Request, Response, Security

from servicekit.security.auth import access_token
from servicekit.web.ids import PathId
from servicekit.web.pagination import CursorParam, Limit, Page
from servicekit.web.routes import create_router
from task_service.named_resources import use_cases as named
from task_service.named_resources.presenters import decode_position, match, page, show, show_new
from task_service.projects import use_cases as projects
from task_service.projects.schemas import ProjectCreate, ProjectPatch, ProjectRead
from task_service.unit_of_work.unit import UnitOfWorkDep

Trash = Annotated[bool, Query(description="those in the trash, instead of the others")]

project_routes = create_router(prefix="/projects", tags=["projects"])


@project_routes.post("", status_code=201, dependencies=[Security(access_token, scopes=["tasks:write"])])
async def create_project(unit: UnitOfWorkDep, body: ProjectCreate, response: Response) -> ProjectRead:
    """Create a project.

    Its name must be free where it lies.
    """
    return show_new(ProjectRead, await projects.create_project(unit, body), response)


@project_routes.get("", dependencies=[Security(access_token, scopes=["tasks:read"])])
async def list_projects(
    unit: UnitOfWorkDep,
    limit: Limit = 50,
    cursor: CursorParam = None,
    trash: Trash = False,
) -> Page[ProjectRead]:
    """List projects.

    In their manual order, nested ones among the others.
    """
    scope = f"projects {trash} {unit.user.user_id}"
    rows = await unit.projects.list_page(decode_position(cursor, scope), limit + 1, trashed=trash)
    return page(ProjectRead, rows, limit, scope)


@project_routes.get("/{id}", dependencies=[Security(access_token, scopes=["tasks:read"])])
async def read_project(unit: UnitOfWorkDep, id: PathId, response: Response) -> ProjectRead:
    """Read a project.

    By its id; one in the trash is not found.
    """
    return show(ProjectRead, await named.read_resource(unit.projects, id), response)


@project_routes.patch("/{id}", dependencies=[Security(access_token, scopes=["tasks:write"])])
async def update_project(
    unit: UnitOfWorkDep,
    id: PathId,
    body: ProjectPatch,
    request: Request,
    response: Response,
) -> ProjectRead:
    """Change a project.

    A JSON merge patch (RFC 7396): what is absent stays, null clears. It can't lie in itself.
    """
    project = await named.read_resource(unit.projects, id)
    match(request, ProjectRead, project)
    return show(ProjectRead, await projects.update_project(unit, project, body), response)


@project_routes.delete(
    "/{id}", status_code=204, dependencies=[Security(access_token, scopes=["tasks:write"])]
)
async def delete_project(unit: UnitOfWorkDep, id: PathId, request: Request) -> None:
    """Move a project to the trash.

    Moves it to the trash with the projects inside it and all their tasks; `restore` brings all back.
    """
    project = await named.read_resource(unit.projects, id)
    match(request, ProjectRead, project)
    await projects.delete_project(unit, project)


@project_routes.post("/{id}/restore", dependencies=[Security(access_token, scopes=["tasks:write"])])
async def restore_project(
    unit: UnitOfWorkDep, id: PathId, request: Request, response: Response
) -> ProjectRead:
    """Restore a project.

    Brings it back from the trash with all that went there with it.
    """
    project = await named.read_resource(unit.projects, id, trashed=True)
    match(request, ProjectRead, project)
    return show(ProjectRead, await projects.restore_project(unit, project), response)
