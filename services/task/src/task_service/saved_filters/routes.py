"""HTTP in: saved filters."""

from fastapi import Request, Response, Security

from servicekit.security.auth import access_token
from servicekit.web.ids import PathId
from servicekit.web.pagination import CursorParam, Limit, Page
from servicekit.web.routes import create_router
from task_service.named_resources import use_cases as named
from task_service.named_resources.presenters import decode_position, match, page, show, show_new
from task_service.saved_filters import use_cases as filters
from task_service.saved_filters.schemas import FilterCreate, FilterPatch, FilterRead
from task_service.unit_of_work.unit import UnitOfWorkDep

filter_routes = create_router(prefix="/filters", tags=["filters"])


@filter_routes.post("", status_code=201, dependencies=[Security(access_token, scopes=["tasks:write"])])
async def create_filter(unit: UnitOfWorkDep, body: FilterCreate, response: Response) -> FilterRead:
    """Create a saved filter.

    Its name must be free; the filter is checked.
    """
    return show_new(FilterRead, await filters.create_filter(unit, body), response)


@filter_routes.get("", dependencies=[Security(access_token, scopes=["tasks:read"])])
async def list_filters(
    unit: UnitOfWorkDep, limit: Limit = 50, cursor: CursorParam = None
) -> Page[FilterRead]:
    """List saved filters.

    In their manual order.
    """
    scope = f"filters {unit.user.user_id}"
    rows = await unit.filters.list_page(decode_position(cursor, scope), limit + 1)
    return page(FilterRead, rows, limit, scope)


@filter_routes.get("/{id}", dependencies=[Security(access_token, scopes=["tasks:read"])])
async def read_filter(unit: UnitOfWorkDep, id: PathId, response: Response) -> FilterRead:
    """Read a saved filter.

    Has the filter as it was written. `GET /tasks?saved=` lists what it finds.
    """
    return show(FilterRead, await named.read_resource(unit.filters, id), response)


@filter_routes.patch("/{id}", dependencies=[Security(access_token, scopes=["tasks:write"])])
async def update_filter(
    unit: UnitOfWorkDep,
    id: PathId,
    body: FilterPatch,
    request: Request,
    response: Response,
) -> FilterRead:
    """Change a saved filter.

    A JSON merge patch (RFC 7396): what is absent stays, null clears.
    """
    saved = await named.read_resource(unit.filters, id)
    match(request, FilterRead, saved)
    return show(FilterRead, await filters.update_filter(unit, saved, body), response)


@filter_routes.delete("/{id}", status_code=204, dependencies=[Security(access_token, scopes=["tasks:write"])])
async def delete_filter(unit: UnitOfWorkDep, id: PathId, request: Request) -> None:
    """Delete a saved filter.

    For good; saved filters have no trash.
    """
    saved = await named.read_resource(unit.filters, id)
    match(request, FilterRead, saved)
    await filters.delete_filter(unit, saved)
