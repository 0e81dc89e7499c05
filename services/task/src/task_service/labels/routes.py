"""HTTP in: labels."""

from fastapi import Request, Response, Security

from servicekit.security.auth import access_token
from servicekit.web.ids import PathId
from servicekit.web.pagination import CursorParam, Limit, Page
from servicekit.web.routes import create_router
from task_service.labels import use_cases as labels
from task_service.labels.schemas import LabelCreate, LabelPatch, LabelRead
from task_service.named_resources import use_cases as named
from task_service.named_resources.presenters import decode_position, match, page, show, show_new
from task_service.unit_of_work.unit import UnitOfWorkDep

label_routes = create_router(prefix="/labels", tags=["labels"])


@label_routes.post("", status_code=201, dependencies=[Security(access_token, scopes=["tasks:write"])])
async def create_label(unit: UnitOfWorkDep, body: LabelCreate, response: Response) -> LabelRead:
    """Create a label.

    Its name must be free. Labels are also created by tasks that have them.
    """
    return show_new(LabelRead, await labels.create_label(unit, body), response)


@label_routes.get("", dependencies=[Security(access_token, scopes=["tasks:read"])])
async def list_labels(unit: UnitOfWorkDep, limit: Limit = 50, cursor: CursorParam = None) -> Page[LabelRead]:
    """List labels.

    In their manual order.
    """
    scope = f"labels {unit.user.user_id}"
    rows = await unit.labels.list_page(decode_position(cursor, scope), limit + 1)
    return page(LabelRead, rows, limit, scope)


@label_routes.get("/{id}", dependencies=[Security(access_token, scopes=["tasks:read"])])
async def read_label(unit: UnitOfWorkDep, id: PathId, response: Response) -> LabelRead:
    """Read a label.

    By its id.
    """
    return show(LabelRead, await named.read_resource(unit.labels, id), response)


@label_routes.patch("/{id}", dependencies=[Security(access_token, scopes=["tasks:write"])])
async def update_label(
    unit: UnitOfWorkDep, id: PathId, body: LabelPatch, request: Request, response: Response
) -> LabelRead:
    """Change a label.

    Another name becomes the new one on every task.
    """
    label = await named.read_resource(unit.labels, id)
    match(request, LabelRead, label)
    return show(LabelRead, await labels.update_label(unit, label, body), response)


@label_routes.delete("/{id}", status_code=204, dependencies=[Security(access_token, scopes=["tasks:write"])])
async def delete_label(unit: UnitOfWorkDep, id: PathId, request: Request) -> None:
    """Delete a label.

    Takes it off every task, too.
    """
    label = await named.read_resource(unit.labels, id)
    match(request, LabelRead, label)
    await labels.delete_label(unit, label)
