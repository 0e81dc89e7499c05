"""Importing: choose a file, see what it would add and what would be lost, take it in, watch it come in."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from fastapi import Request
from starlette.responses import RedirectResponse, Response

from contracts.names import App
from frontend_service.clients.service_client import Json, Refused, is_away
from frontend_service.web.account.import_file import ImportFile, chosen_file, kept_file
from frontend_service.web.page_route import AWAY, router
from frontend_service.web.rendering import show, show_page
from frontend_service.web.request_context import Form, Now, SignedIn, Visit
from frontend_service.web.tasks.due import Due, tell_due
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

pages = router()


@dataclass(frozen=True, slots=True)
class PreviewedTask:
    """A task as it would be."""

    task: Json
    due: Due | None


@pages.get(PLACE)
async def import_page(visit: SignedIn) -> Response:
    return await _form(visit)


@pages.post(PLACE)
async def preview_import(visit: SignedIn, now: Now, request: Request) -> Response:
    """Says what would come of the file; nothing is stored yet."""
    try:
        file = await chosen_file(request)
        packed = file.packed
        found = await visit.backend.send_file(
            App.TASK, _path(file, dry_run="true"), file.content, key=new_id()
        )
    except ServiceError as error:
        return await _refused(visit, error)
    tasks = [PreviewedTask(task, tell_due(task, now)) for task in found["tasks"] or ()]
    read_as = FORMATS.get(found["format"], "")
    values: Json = {"file": file, "found": found, "tasks": tasks, "packed": packed, "read_as": read_as}
    return await show_page(visit, "import_preview.html", key=new_id(), **values)


@pages.post(f"{PLACE}/start")
async def start_import(visit: SignedIn, form: Form) -> Response:
    try:
        file = kept_file(form.get("content", ""), form.get("name", ""), form.get("project", ""))
        key = f"{form.get('key') or new_id()}-import"
        job = await visit.backend.send_file(App.TASK, _path(file), file.content, key=key)
    except ServiceError as error:
        return await _refused(visit, error)
    return RedirectResponse(f"{PLACE}/{job['id']}", 303)


@pages.get(PLACE + "/{id}")
async def import_progress(visit: SignedIn, id: PathId) -> Response:
    """How far it is, and what came of it; asks for itself again until it has ended."""
    try:
        job = await visit.backend.get(App.TASK, f"/import/{id}")
    except ServiceError as error:
        if visit.wants_fragment and is_away(error):
            return Response(status_code=204)
        raise
    if visit.wants_fragment:
        return show(visit, "parts/import_job.html", job=job)
    return await show_page(visit, "import_job.html", job=job)


def _path(file: ImportFile, **asked: str) -> str:
    asked |= {"project": file.project} if file.project else {}
    return f"/import?{urlencode(asked)}" if asked else "/import"


async def _refused(visit: Visit, error: ServiceError) -> Response:
    if error.status == 401:
        raise error
    if is_away(error):
        return await _form(visit, status=error.status, problem=AWAY)
    by_field = error.by_field if isinstance(error, Refused) else {}
    problem = next(iter(by_field.values()), error.detail or error.title)
    return await _form(visit, status=error.status, problem=problem)


async def _form(visit: Visit, *, status: int = 200, problem: str = "") -> Response:
    values: dict[str, Any] = {"problem": problem, "programs": PROGRAMS}
    return await show_page(visit, "import.html", status=status, **values)
