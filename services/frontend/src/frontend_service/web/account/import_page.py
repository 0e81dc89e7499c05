"""Importing: choose a file, see what it would add and what would be lost, take it in, watch it come in."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from starlette.responses import RedirectResponse, Response

from contracts.api.files import TaskPreview
from frontend_service.clients.service_client import UpstreamError, is_unavailable
from frontend_service.web.account.import_file import ImportFile, read_uploaded_file, restore_file
from frontend_service.web.page_route import AWAY, page_router
from frontend_service.web.rendering import render_fragment, render_page
from frontend_service.web.request_context import Form, Now, RequestContext, SignedIn
from frontend_service.web.tasks.due import Due, describe_due
from servicekit.errors import ServiceError
from servicekit.web.ids import PathId, new_id

PLACE = "/account/import"
PROGRAMS: Mapping[str, str] = {
    "Todo": "the JSON file that is exported below",
    "Todoist": "its backup (a ZIP file), or the CSV file of one project",
    "TickTick": "its backup (a CSV file)",
    "Vikunja": "its export (a ZIP file), or the data.json in it",
    "Google Tasks": "Tasks.json of Google Takeout",
    "Microsoft To Do": "lists in JSON, as Microsoft Graph gives them",
    "Apple Reminders and calendars": "iCalendar files (.ics)",
    "Outlook, Asana, ClickUp, Notion, spreadsheets": "a CSV file with a column for the title",
}
FORMATS: Mapping[str | None, str] = {
    "todo-json": "an export of Todo",
    "vikunja-json": "an export of Vikunja",
    "todoist-csv": "a file of Todoist",
    "csv": "a table (CSV)",
    "icalendar": "an iCalendar file",
    "google-tasks": "Google Tasks",
    "microsoft-todo": "Microsoft To Do",
}

pages = page_router()


@dataclass(frozen=True, slots=True)
class PreviewedTask:
    """A task as it would be."""

    task: TaskPreview
    due: Due | None


@pages.get(PLACE)
async def show_import_form(context: SignedIn) -> Response:
    return await _render_form(context)


@pages.post(PLACE)
async def preview_import(context: SignedIn, now: Now, request: Request) -> Response:
    """Says what would come of the file; nothing is stored yet."""
    try:
        file = await read_uploaded_file(request)
        packed = file.packed
        found = await context.services.files.start_import(
            file.content, {"dry_run": "true"} | _options(file), key=new_id()
        )
    except ServiceError as error:
        return await _render_refusal(context, error)
    tasks = [PreviewedTask(task, describe_due(task, now)) for task in found.get("tasks") or ()]
    read_as = FORMATS.get(found.get("format"), "")
    values: dict[str, Any] = {
        "file": file,
        "found": found,
        "tasks": tasks,
        "packed": packed,
        "read_as": read_as,
    }
    return await render_page(context, "import_preview.html", key=new_id(), **values)


@pages.post(f"{PLACE}/start")
async def start_import(context: SignedIn, form: Form) -> Response:
    """Starts importing the file of the preview, which the form carries; nothing is kept in between."""
    try:
        file = restore_file(form.get("content", ""), form.get("name", ""), form.get("project", ""))
        key = f"{form.get('key') or new_id()}-import"
        job = await context.services.files.start_import(file.content, _options(file), key=key)
    except ServiceError as error:
        return await _render_refusal(context, error)
    return RedirectResponse(f"{PLACE}/{job['id']}", 303)


@pages.get(PLACE + "/{id}")
async def show_import_progress(context: SignedIn, id: PathId) -> Response:
    """How far it is, and what came of it; asks for itself again until it has ended."""
    try:
        job = await context.services.files.read_import(id)
    except ServiceError as error:
        if context.wants_fragment and is_unavailable(error):
            return Response(status_code=204)
        raise
    if context.wants_fragment:
        return render_fragment(context, "parts/import_job.html", job=job)
    return await render_page(context, "import_job.html", job=job)


def _options(file: ImportFile) -> dict[str, str]:
    return {"project": file.project} if file.project else {}


async def _render_refusal(context: RequestContext, error: ServiceError) -> Response:
    if error.status == 401:
        raise error
    if is_unavailable(error):
        return await _render_form(context, status=error.status, problem=AWAY)
    by_field = error.by_field if isinstance(error, UpstreamError) else {}
    problem = next(iter(by_field.values()), error.detail or error.title)
    return await _render_form(context, status=error.status, problem=problem)


async def _render_form(context: RequestContext, *, status: int = 200, problem: str = "") -> Response:
    values: dict[str, Any] = {"problem": problem, "programs": PROGRAMS}
    return await render_page(context, "import.html", status=status, **values)
