"""HTTP in: imports and exports."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import Query, Request, Response, Security
from fastapi.responses import JSONResponse, StreamingResponse
from fastapi.routing import APIRoute

from servicekit.persistence.database import Database
from servicekit.security.auth import CurrentUser, Principal, access_token
from servicekit.web import idempotency
from servicekit.web.idempotency import IdempotencyClaim
from servicekit.web.ids import PathId
from servicekit.web.routes import create_router, reject_unknown_parameters
from task_service.container import ContainerDep
from task_service.import_export import export, use_cases
from task_service.import_export.file_process import FileProcess
from task_service.import_export.file_reader import FileRequest, FileSummary
from task_service.import_export.formats import Format
from task_service.import_export.schemas import ExportPage, ImportRead
from task_service.tasks.schemas import Id, Name
from task_service.unit_of_work.unit import UnitOfWork, UnitOfWorkDep

imports = create_router(prefix="/import", tags=["many at once"])
files = create_router(prefix="/import", tags=["many at once"], route_class=APIRoute)
"""Reading a file takes its time, so no lock is held meanwhile."""
exports = create_router(prefix="/export", tags=["many at once"])

FILE_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            type: {"schema": {"type": "string", "format": "binary"}}
            for type in ("application/octet-stream", "application/json", "text/csv", "application/gzip")
        },
    }
}
FormatParam = Annotated[Format | None, Query(description="left out: told from the file")]
ProjectParam = Annotated[Name | None, Query(description="for the tasks of a file that names no project")]
Exporter = Callable[..., AsyncIterator[bytes]]
ComponentsParam = Annotated[
    export.Components,
    Query(description="ics: open tasks with a date as VEVENT, all as VTODO, or each as it can be"),
]
_EXPORTS: dict[str, tuple[Exporter, str]] = {
    "json": (export.export_json, "application/json"),
    "csv": (export.export_csv, "text/csv; charset=utf-8"),
    "ics": (export.export_ical, "text/calendar; charset=utf-8"),
}


@files.post(
    "",
    status_code=202,
    response_model=ImportRead,
    openapi_extra=FILE_BODY,
    responses={200: {"model": ImportRead, "description": "A preview"}},
    dependencies=[Security(access_token, scopes=["tasks:write"])],
)
async def start_import(
    user: CurrentUser,
    request: Request,
    response: Response,
    container: ContainerDep,
    format: FormatParam = None,
    project: ProjectParam = None,
    dry_run: Annotated[bool, Query(description="only say what would come of it")] = False,
) -> Any:
    """Import a file.

    Imports a file: our JSON, Vikunja's export, Todoist's CSV or any CSV with a title column.

    The body is the file, packed with gzip if it has more than 1 MiB (16 MiB unpacked and 20,000 tasks at
    most), or a zip archive. It is imported asynchronously: `GET /import/{id}` tells its progress and what
    could not be imported. The same file again adds nothing. With `dry_run` the response is 200 and holds the
    first 20 tasks as they would be. Three files of an account are parsed or imported at a time.
    """
    reject_unknown_parameters(request, {"format", "project", "dry_run"})
    file = FileRequest(use_cases.make_owner(user), await request.body(), format, project, datetime.now(UTC))
    database, handover = container.database, container.handover
    claim = await idempotency.parse_claim(request, user.user_id)
    earlier = await _find_stored_response(database, claim)
    if earlier is not None:
        return earlier
    async with use_cases.admit_file(database, handover.readers, user, file) as id:
        if dry_run:
            response.status_code = 200
            return await use_cases.preview_import(database, user, file)
        async with AsyncExitStack() as ends:
            process = await ends.enter_async_context(FileProcess(file))
            found = await use_cases.read_file(process)
            accepted = await _enqueue_import(database, user, claim, id, file, found)
            if handover.offer(id, process):
                ends.pop_all()
            return accepted


async def _find_stored_response(database: Database, claim: IdempotencyClaim | None) -> Response | None:
    """What was answered before: a repeated request has no file read again."""
    if claim is None:
        return None
    async with database.reading() as session:
        return await idempotency.find_stored_response(session, claim)


async def _enqueue_import(
    database: Database,
    user: Principal,
    claim: IdempotencyClaim | None,
    id: str,
    file: FileRequest,
    found: FileSummary,
) -> Response:
    async with database.transaction() as session:
        earlier = await idempotency.claim_key(session, claim) if claim else None
        if earlier is not None:
            return earlier
        job = await use_cases.enqueue_import(await UnitOfWork.begin(session, user), id, file, found)
        shown = ImportRead.model_validate(job).model_dump(mode="json")
        response = JSONResponse(shown, 202, {"Location": f"/api/v1/import/{id}"})
        if claim:
            await idempotency.store_response(session, claim, response)
    return response


@imports.get("/{id}", dependencies=[Security(access_token, scopes=["tasks:read"])])
async def read_import(unit: UnitOfWorkDep, id: PathId) -> ImportRead:
    """Read an import.

    Progress of an import, and what could not be imported. Kept for 7 days.
    """
    return ImportRead.model_validate(await use_cases.read_import(unit, id))


@exports.get(
    "",
    response_class=StreamingResponse,
    responses={200: {"content": {kind.partition(";")[0]: {} for _, kind in _EXPORTS.values()}}},
    dependencies=[Security(access_token, scopes=["tasks:read"])],
)
async def export_tasks(
    user: CurrentUser,
    container: ContainerDep,
    format: Annotated[Literal["json", "csv", "ics"], Query(description="of the file")] = "json",
    components: ComponentsParam = "both",
) -> StreamingResponse:
    """Export all tasks.

    Everything that is not in the trash. JSON can be imported again without loss.
    """
    make, kind = _EXPORTS[format]
    name = f'attachment; filename="tasks.{format}"'
    how = (export.CalendarOptions(user.time_zone, components),) if format == "ics" else ()
    stream = make(container.database, user, *how)
    return StreamingResponse(stream, media_type=kind, headers={"content-disposition": name})


@exports.get("/pages", include_in_schema=False, dependencies=[Security(access_token)])
async def export_page(unit: UnitOfWorkDep, of: export.ExportPart, after: Id = "") -> ExportPage:
    """For the export of a whole account, which the edge puts together."""
    items, following = await export.read_export_page(unit, of, after)
    return ExportPage(items=items, next=following)
