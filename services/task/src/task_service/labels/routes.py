"""HTTP in: labels."""

from fastapi import Request, Response

from servicekit.security.auth import CurrentUser
from servicekit.web.ids import PathId
from servicekit.web.pagination import CursorParam, Limit, Page
from servicekit.web.routes import SessionDep, create_router
from task_service.labels import use_cases as labels
from task_service.labels.schemas import LabelCreate, LabelPatch, LabelRead
from task_service.models import Label
from task_service.named_resources import use_cases as named
from task_service.named_resources.presenters import behind, match, page, show, show_new

label_routes = create_router(prefix="/labels", tags=["labels"])


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
