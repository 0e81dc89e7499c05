"""Editing a task in its row, or on a page of its own; and what happens when two edit the same one."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import orjson
from starlette.responses import HTMLResponse, RedirectResponse, Response

from contracts.api.tasks import TaskRead
from frontend_service.clients.service_client import UpstreamError, is_unavailable
from frontend_service.clients.task_client import TaskClient
from frontend_service.web.page_route import AWAY, page_router
from frontend_service.web.paging import PAGE
from frontend_service.web.rendering import render_fragment, render_page, render_toast
from frontend_service.web.request_context import Form, Now, RequestContext, SignedIn
from frontend_service.web.tasks import task_form
from frontend_service.web.tasks.recurrence import find_repetition
from frontend_service.web.tasks.sidebar import read_projects
from frontend_service.web.tasks.task_details import read_details
from frontend_service.web.tasks.task_list import build_row
from frontend_service.web.tasks.views import AskedView, View
from frontend_service.web.three_way_merge import Fields, Merge, changed_fields, merge
from servicekit.errors import Conflict, ServiceError
from servicekit.web.ids import PathId, new_id

TRIES = 5

pages = page_router()


@dataclass(frozen=True, slots=True)
class Edit:
    """What somebody wants a task to be: `mine`, made from `base`, which was `version`."""

    mine: Fields
    base: Fields
    version: int
    key: str


@dataclass(frozen=True, slots=True)
class FormLocation:
    """Where a form stands: whose it is, when it is shown, and in which list, as a query."""

    id: str
    now: datetime
    query: str


class EditConflict(Conflict):
    """The same field was changed here and elsewhere."""

    def __init__(self, edit: Edit, merged: Merge, current: TaskRead) -> None:
        super().__init__("This task was changed elsewhere while you were editing it.", code="contradiction")
        self.merged = merged
        self.edit = replace(
            edit,
            mine=merged.fields,
            base=task_form.to_fields(current),
            version=current["version"],
            key=new_id(),
        )


@pages.get("/tasks/{id}")
async def show_task_row(
    context: SignedIn, now: Now, view: AskedView, id: PathId, shown: int = PAGE
) -> Response:
    """The row as it is, which ends editing."""
    if not context.wants_fragment:
        return RedirectResponse(f"/tasks/{id}/edit", 303)
    try:
        task = await context.services.tasks.read_task(id)
    except UpstreamError as refusal:
        if refusal.status != 404:
            raise
        return HTMLResponse("")  # deleted elsewhere meanwhile: there is no row
    return _render_row(context, now, task, view.query(shown=shown), saved=False)


@pages.get("/tasks/{id}/edit")
async def show_edit_form(
    context: SignedIn, now: Now, view: AskedView, id: PathId, shown: int = PAGE, added: bool = False
) -> Response:
    """added: a subtask has just been added."""
    return await show_form(context, now, view, id, shown, adding=added)


async def show_form(
    context: RequestContext,
    now: datetime,
    view: View,
    id: str,
    shown: int = PAGE,
    status: int = 200,
    **values: Any,
) -> Response:
    """The form for the task as it is."""
    task = await context.services.tasks.read_task(id)
    fields = task_form.to_fields(task)
    edit = Edit(fields, fields, task["version"], new_id())
    place = FormLocation(id, now, view.query(shown=shown))
    return await _render_form(context, place, edit, status=status, **values)


@pages.post("/tasks/{id}")
async def save_task(
    context: SignedIn, now: Now, view: AskedView, form: Form, id: PathId, shown: int = PAGE
) -> Response:
    """Saves the changed fields under the version they were read at (`If-Match`).

    Changes made elsewhere to other fields are merged in. Where both changed the same field, the form comes
    back with 409 and both values. `choice` is the answer to that: `theirs` drops the edit, `restore` takes a
    deleted task out of the trash first. The idempotency key of the form stays the same while services are
    unavailable, so that pressing the button again saves once.
    """
    place = FormLocation(id, now, view.query(shown=shown))
    edit = read_edit(form)
    if form.get("choice") == "theirs":
        return _render_saved(context, place, await context.services.tasks.read_task(id))
    try:
        if form.get("choice") == "restore":
            await context.services.tasks.change_task(id, "restore", key=f"{edit.key}-restore")
        task = await save_edit(context.services.tasks, id, edit)
    except ServiceError as error:
        if error.status == 401:
            raise
        return await _render_error(context, place, edit, error)
    return _render_saved(context, place, task)


def read_edit(form: Fields) -> Edit:
    """The posted form; where it does not say what was read, every field counts as changed."""
    try:
        found = orjson.loads(form.get("base", ""))
    except orjson.JSONDecodeError:
        found = None
    base = {str(name): str(value) for name, value in found.items()} if isinstance(found, dict) else {}
    version = form.get("version", "")
    return Edit(
        mine=task_form.from_form(form, base),
        base=base,
        version=int(version) if version.isdecimal() else 0,
        key=form.get("key", "") or new_id(),
    )


async def save_edit(tasks: TaskClient, id: str, edit: Edit) -> TaskRead:
    """Save what was changed; changes made elsewhere to other fields stay.

    Raises `EditConflict` when the same field was changed elsewhere, `UpstreamError` or `Unavailable`.
    """
    for _ in range(TRIES):
        patch = task_form.build_patch(changed_fields(edit.base, edit.mine))
        try:
            return await tasks.update_task(id, patch, key=edit.key, version=edit.version)
        except UpstreamError as refusal:
            if refusal.status != 412:
                raise
            current: TaskRead = refusal.current
            edit = rebase_on_current(edit, current)
    raise Conflict("This task keeps changing elsewhere; try again.", code="busy")


def rebase_on_current(edit: Edit, current: TaskRead) -> Edit:
    """`edit` as a change of what is stored now. Raises `EditConflict`."""
    theirs = task_form.to_fields(current)
    merged = merge(edit.base, edit.mine, theirs)
    if merged.conflicts:
        raise EditConflict(edit, merged, current)
    return replace(edit, mine=merged.fields, base=theirs, version=current["version"])


def _render_row(
    context: RequestContext, now: datetime, task: TaskRead, query: str, **values: Any
) -> Response:
    return render_fragment(context, "parts/saved.html", row=build_row(task, now), query=query, **values)


def _render_saved(context: RequestContext, place: FormLocation, task: TaskRead) -> Response:
    if not context.wants_fragment:
        return RedirectResponse(f"/?done=save&task={task['id']}", 303)
    return _render_row(context, place.now, task, place.query, saved=True)


async def _render_error(
    context: RequestContext, place: FormLocation, edit: Edit, error: ServiceError
) -> Response:
    if isinstance(error, EditConflict):
        return await _render_form(context, place, error.edit, error, conflicts=error.merged.conflicts)
    if error.status == 404:
        return await _render_form(
            context, place, edit, error, gone=True, problem="This task was deleted elsewhere."
        )
    if is_unavailable(error) and context.wants_fragment:
        return render_toast(context, AWAY, status=error.status, bad=True)
    if is_unavailable(error):
        return await _render_form(context, place, edit, error, problem=AWAY)
    errors = error.by_field if isinstance(error, UpstreamError) else {}
    problem = "" if errors.keys() & set(task_form.NAMES) else error.detail
    return await _render_form(
        context, place, replace(edit, key=new_id()), error, errors=errors, problem=problem
    )


async def _render_form(
    context: RequestContext,
    place: FormLocation,
    edit: Edit,
    error: ServiceError | None = None,
    *,
    status: int = 200,
    **values: Any,
) -> Response:
    known = {"adding": False, "subtask": "", "subtask_problem": "", "subtask_key": new_id()}
    known |= {"errors": {}, "conflicts": {}, "gone": False, "problem": error.detail if error else ""}
    status = error.status if error else status
    projects = await read_projects(context)
    names = {each.project["id"]: each.project["name"] for each in projects}
    shown = {"id": place.id, "query": place.query, "edit": edit, "base": orjson.dumps(edit.base).decode()}
    shown |= {"form": task_form, "projects": projects, "project_names": names}
    if context.wants_fragment:
        return render_fragment(context, "parts/edit_row.html", status=status, **shown | known | values)
    details = read_details(context, place.id, place.now, names)
    repetition = find_repetition(context, place.id, place.now)
    shown |= {"details": details, "repetition": repetition}
    return await render_page(context, "edit.html", status=status, **shown | known | values)
