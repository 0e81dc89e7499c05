"""HTTP in: imports and exports."""

from collections.abc import AsyncIterator, Callable
from typing import Annotated, Literal

from fastapi import Query, Request, Response
from fastapi.responses import StreamingResponse

from servicekit.auth import CurrentUser
from servicekit.door import SessionDep, router
from servicekit.ids import PathId
from task_service.schemas import Id, Name
from task_service.transfer import export, use_cases
from task_service.transfer.formats import Format
from task_service.transfer.schemas import ExportPage, ImportRead

imports = router(prefix="/import", tags=["many at once"])
exports = router(prefix="/export", tags=["many at once"])

FILE = {
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
Made = Callable[..., AsyncIterator[bytes]]
_EXPORTS: dict[str, tuple[Made, str]] = {
    "json": (export.as_json, "application/json"),
    "csv": (export.as_csv, "text/csv; charset=utf-8"),
    "ics": (export.as_ical, "text/calendar; charset=utf-8"),
}


@imports.post("", status_code=202, openapi_extra=FILE)
async def start_import(
    user: CurrentUser,
    session: SessionDep,
    request: Request,
    response: Response,
    format: FormatParam = None,
    project: ProjectParam = None,
    dry_run: Annotated[bool, Query(description="only say what would come of it")] = False,
) -> ImportRead:
    """Takes in a file: our JSON, Vikunja's export, Todoist's CSV or any CSV with a title column.

    The body is the file, packed with gzip if it has more than 1 MiB (32 MiB unpacked at most), or
    Vikunja's zip archive. It is taken in beside the requests: ask `GET /import/{id}` how far it is and
    what could not be taken over. The same file again adds nothing.
    """
    body = await request.body()
    if dry_run:
        response.status_code = 200
        return await use_cases.preview(session, user, body, format, project)
    job = await use_cases.start(session, user, body, format, project)
    response.headers["Location"] = f"/api/v1/import/{job.id}"
    return ImportRead.model_validate(job)


@imports.get("/{id}")
async def read_import(user: CurrentUser, id: PathId, session: SessionDep) -> ImportRead:
    """How far an import is, and what could not be taken over. Kept for 7 days."""
    return ImportRead.model_validate(await use_cases.read(session, user, id))


@exports.get(
    "",
    response_class=StreamingResponse,
    responses={200: {"content": {kind.partition(";")[0]: {} for _, kind in _EXPORTS.values()}}},
)
async def export_tasks(
    user: CurrentUser, request: Request, format: Literal["json", "csv", "ics"] = "json"
) -> StreamingResponse:
    """Everything that is not in the trash. JSON can be imported again without loss."""
    make, kind = _EXPORTS[format]
    name = f'attachment; filename="tasks.{format}"'
    stream = make(request.app.state.database, user.user_id)
    return StreamingResponse(stream, media_type=kind, headers={"content-disposition": name})


@exports.get("/pages", include_in_schema=False)
async def export_page(user: CurrentUser, session: SessionDep, of: export.Part, after: Id = "") -> ExportPage:
    """For the export of a whole account, which the edge puts together."""
    items, following = await export.page_of(session, user.user_id, of, after)
    return ExportPage(items=items, next=following)
