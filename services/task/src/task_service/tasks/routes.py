"""HTTP in: tasks."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import Query, Request, Response, Security

from servicekit.security.auth import CurrentUser, Principal, access_token
from servicekit.web.fast_reads import NO_QUERY, create_fast_reads, render_json
from servicekit.web.ids import PathId
from servicekit.web.pagination import CursorParam, Limit, Page, decode_cursor, encode_cursor, paginate
from servicekit.web.preconditions import build_not_modified, format_etag, matches_etag, require_match
from servicekit.web.routes import create_router
from task_service.container import Container, ContainerDep, container_of
from task_service.models import Task
from task_service.quickadd.schemas import TaskDraft
from task_service.tasks import manual_order, presenters, queries, skipping, successors, use_cases
from task_service.tasks.presenters import TASK_FIELDS
from task_service.tasks.queries import ListParams
from task_service.tasks.schemas import ActivityRead, Move, Occurrences, TaskPart, TaskPatch, TaskRead, Unskip
from task_service.tasks.sparse_fields import FieldsParam, parse_fields
from task_service.unit_of_work.unit import UnitOfWorkDep

tasks = create_router(prefix="/tasks", tags=["tasks"])
PAGE = 50


@tasks.post("", status_code=201, dependencies=[Security(access_token, scopes=["tasks:write"])])
async def create_task(unit: UnitOfWorkDep, body: TaskDraft, response: Response) -> TaskRead:
    """Create a task.

    From its fields, or from `quick`: one line in words.
    """
    task = await use_cases.create_from_draft(unit, body)
    response.headers["Location"] = f"/api/v1/tasks/{task.id}"
    return _show(task, response)


@tasks.get("", response_model=Page[TaskPart], dependencies=[Security(access_token, scopes=["tasks:read"])])
async def list_tasks(
    unit: UnitOfWorkDep,
    filter: Annotated[str | None, Query(description="such as `not done and due <= today`")] = None,
    q: Annotated[str | None, Query(max_length=500, description="words in title, labels or notes")] = None,
    sort: Annotated[str | None, Query(description="such as `-priority,due,created`")] = None,
    saved: Annotated[str | None, Query(max_length=100, description="name or id of a saved filter")] = None,
    trash: Annotated[bool, Query(description="those in the trash, instead of the others")] = False,
    fields: FieldsParam = None,
    limit: Limit = PAGE,
    cursor: CursorParam = None,
) -> Response:
    """List tasks.

    Newest first, if nothing else is asked for.
    """
    names, params = parse_fields(fields), ListParams(filter, q, sort, saved, trash)
    found = await queries.find_rows(unit, params, limit, cursor, names)
    return render_json(presenters.present_page(found.tasks, found.next_cursor, names))


@tasks.get("/{id}", response_model=TaskPart, dependencies=[Security(access_token, scopes=["tasks:read"])])
async def read_task(
    user: CurrentUser, id: PathId, container: ContainerDep, fields: FieldsParam = None
) -> Response:
    """Read a task.

    With `fields` the ETag is still that of the whole task, so that it serves as `If-Match`.
    """
    return await _show_row(container, user, id, parse_fields(fields))


@tasks.patch("/{id}", dependencies=[Security(access_token, scopes=["tasks:write"])])
async def update_task(
    unit: UnitOfWorkDep, id: PathId, body: TaskPatch, request: Request, response: Response
) -> TaskRead:
    """Change a task.

    A JSON merge patch (RFC 7396): what is absent stays, null clears, `{}` changes nothing.
    """
    task = _matching(request, await use_cases.lock_task(unit, id))
    return _show(await use_cases.update(unit, task, body), response)


@tasks.delete("/{id}", status_code=204, dependencies=[Security(access_token, scopes=["tasks:write"])])
async def delete_task(unit: UnitOfWorkDep, id: PathId, request: Request) -> None:
    """Move a task to the trash.

    Moves the task to the trash with all below it; `restore` brings them back for 30 days.
    """
    await use_cases.delete(unit, _matching(request, await use_cases.lock_task(unit, id)))


@tasks.get("/{id}/occurrences", dependencies=[Security(access_token, scopes=["tasks:read"])])
async def list_occurrences(
    unit: UnitOfWorkDep, id: PathId, count: Annotated[int, Query(ge=1, le=50, description="how many")] = 5
) -> Occurrences:
    """List the next occurrences.

    The next ones after the current due date, each with why it falls there.
    """
    task = await use_cases.read_task(unit, id)
    return Occurrences(items=successors.preview_occurrences(task, unit.user, count))


@tasks.get("/{id}/activity", dependencies=[Security(access_token, scopes=["tasks:read"])])
async def list_activity(
    unit: UnitOfWorkDep, id: PathId, limit: Limit = 50, cursor: CursorParam = None
) -> Page[ActivityRead]:
    """List what happened to a task.

    What happened to the task, the latest first; also of one in the trash.
    """
    task = await use_cases.read_task(unit, id, trashed=True)
    scope = f"activity {task.id}"
    before = str(decode_cursor(cursor, scope=scope, values=1)[0]) if cursor else None
    rows, last = paginate(await use_cases.list_activity(unit, task, before, limit + 1), limit)
    return Page(
        items=[ActivityRead.model_validate(row) for row in rows],
        next_cursor=encode_cursor([last.id], scope=scope) if last else None,
    )


@tasks.post("/{id}/move", dependencies=[Security(access_token, scopes=["tasks:write"])])
async def move_task(
    unit: UnitOfWorkDep, id: PathId, body: Move, request: Request, response: Response
) -> TaskRead:
    """Move a task in the manual order.

    Puts the task right before or after another one in the manual order.
    """
    task = _matching(request, await use_cases.lock_task(unit, id))
    return _show(await manual_order.move_task(unit, task, body), response)


@tasks.post("/{id}/complete", dependencies=[Security(access_token, scopes=["tasks:write"])])
async def complete_task(unit: UnitOfWorkDep, id: PathId, request: Request, response: Response) -> TaskRead:
    """Complete a task.

    Of a recurring task the next occurrence is added. Where it is done already nothing changes.
    """
    task = _matching(request, await use_cases.lock_task(unit, id))
    return _show(await use_cases.complete(unit, task), response)


@tasks.post("/{id}/reopen", dependencies=[Security(access_token, scopes=["tasks:write"])])
async def reopen_task(unit: UnitOfWorkDep, id: PathId, request: Request, response: Response) -> TaskRead:
    """Reopen a task.

    The next occurrence that came of it is taken back. Where it is open already nothing changes.
    """
    task = _matching(request, await use_cases.lock_task(unit, id))
    return _show(await use_cases.reopen(unit, task), response)


@tasks.post("/{id}/skip", dependencies=[Security(access_token, scopes=["tasks:write"])])
async def skip_occurrence(unit: UnitOfWorkDep, id: PathId, request: Request, response: Response) -> TaskRead:
    """Skip an occurrence.

    Leaves this occurrence out: the task moves to the next one, nothing counts as done.
    """
    task = _matching(request, await use_cases.lock_task(unit, id))
    return _show(skipping.skip_occurrence(unit.user, task), response)


@tasks.post("/{id}/unskip", dependencies=[Security(access_token, scopes=["tasks:write"])])
async def unskip_occurrence(
    unit: UnitOfWorkDep, id: PathId, body: Unskip, request: Request, response: Response
) -> TaskRead:
    """Go back to an occurrence.

    Moves the task back to an occurrence that was skipped.
    """
    task = _matching(request, await use_cases.lock_task(unit, id))
    return _show(skipping.unskip_occurrence(unit.user, task, body.due_date, body.due_time), response)


@tasks.post("/{id}/restore", dependencies=[Security(access_token, scopes=["tasks:write"])])
async def restore_task(unit: UnitOfWorkDep, id: PathId, request: Request, response: Response) -> TaskRead:
    """Restore a task.

    Brings it back from the trash with what went there with it.
    """
    task = _matching(request, await use_cases.lock_task(unit, id, trashed=True))
    return _show(await use_cases.restore(unit, task), response)


def _matching(request: Request, task: Task) -> Task:
    require_match(request, TaskRead.model_validate(task), task.version)
    return task


def _show(task: Task, response: Response) -> TaskRead:
    response.headers["ETag"] = format_etag(task.version)
    return TaskRead.model_validate(task)


async def _show_row(container: Container, user: Principal, id: str, names: Sequence[str]) -> Response:
    row = await use_cases.read_shown(container.database, user, id)
    return render_json(presenters.present_task(row, names), {"ETag": format_etag(row["version"])})


async def _read_quickly(request: Request, user: Principal) -> Response:
    """A task, or that the client has it as it is."""
    id, container = request.path_params["id"], container_of(request.app)
    if "if-none-match" in request.headers:
        current = format_etag(await use_cases.read_version(container.database, user, id))
        if matches_etag(request, current):
            return build_not_modified(current)
    return await _show_row(container, user, id, TASK_FIELDS)


async def _list_quickly(request: Request, user: Principal) -> Response:
    found = await queries.find_first_page(container_of(request.app).database, user, PAGE)
    return render_json(presenters.present_page(found.tasks, found.next_cursor))


FAST_READS = create_fast_reads(
    tasks.routes, read_task={NO_QUERY: _read_quickly}, list_tasks={NO_QUERY: _list_quickly}
)
