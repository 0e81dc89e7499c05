"""HTTP in: saved filters."""

from fastapi import Request, Response

from servicekit.security.auth import CurrentUser
from servicekit.web.ids import PathId
from servicekit.web.pagination import CursorParam, Limit, Page
from servicekit.web.routes import SessionDep, create_router
from task_service.models import SavedFilter
from task_service.named_resources import use_cases as named
from task_service.named_resources.presenters import behind, match, page, show, show_new
from task_service.saved_filters import use_cases as filters
from task_service.saved_filters.schemas import FilterCreate, FilterPatch, FilterRead

filter_routes = create_router(prefix="/filters", tags=["filters"])


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
