"""Editing a task in its row, or on a page of its own; and what happens when two edit the same one."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import orjson
from starlette.responses import HTMLResponse, RedirectResponse, Response

from contracts.names import App
from frontend_service.clients.service_client import Backend, Json, Refused, is_away
from frontend_service.web.page_route import AWAY, router
from frontend_service.web.paging import PAGE
from frontend_service.web.rendering import note, show, show_page
from frontend_service.web.request_context import Form, Now, SignedIn, Visit
from frontend_service.web.tasks import task_form
from frontend_service.web.tasks.recurrence import find_repetition
from frontend_service.web.tasks.sidebar import read_projects
from frontend_service.web.tasks.task_details import read_details
from frontend_service.web.tasks.task_list import row_of
from frontend_service.web.tasks.views import AskedView, View
from frontend_service.web.three_way_merge import Fields, Merge, changed, merge
from servicekit.errors import Conflict, ServiceError
from servicekit.web.ids import PathId, new_id

TRIES = 5

pages = router()


@dataclass(frozen=True, slots=True)
class Edit:
    """What somebody wants a task to be: `mine`, made from `base`, which was `version`."""

    mine: Fields
    base: Fields
    version: int
    key: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where a form stands: whose it is, when it is shown, and in which list, as a query."""

    id: str
    now: datetime
    asked: str


class Contradiction(Conflict):
    """The same field was changed here and elsewhere."""

    def __init__(self, edit: Edit, merged: Merge, current: Json) -> None:
        super().__init__("This task was changed elsewhere while you were editing it.", code="contradiction")
        self.merged = merged
        self.edit = replace(
            edit, mine=merged.fields, base=task_form.shown(current), version=current["version"], key=new_id()
        )


@pages.get("/tasks/{id}")
async def task_row(visit: SignedIn, now: Now, view: AskedView, id: PathId, shown: int = PAGE) -> Response:
    """The row as it is, which ends editing."""
    if not visit.wants_fragment:
        return RedirectResponse(f"/tasks/{id}/edit", 303)
    try:
        task = await visit.backend.get(App.TASK, f"/tasks/{id}")
    except Refused as refusal:
        if refusal.status != 404:
            raise
        return HTMLResponse("")  # deleted elsewhere meanwhile: there is no row
    return _row(visit, now, task, view.query(shown=shown), saved=False)


@pages.get("/tasks/{id}/edit")
async def edit_form(
    visit: SignedIn, now: Now, view: AskedView, id: PathId, shown: int = PAGE, added: bool = False
) -> Response:
    """added: a subtask has just been added."""
    return await show_form(visit, now, view, id, shown, adding=added)


async def show_form(
    visit: Visit, now: datetime, view: View, id: str, shown: int = PAGE, status: int = 200, **values: Any
) -> Response:
    """The form for the task as it is."""
    task = await visit.backend.get(App.TASK, f"/tasks/{id}")
    fields = task_form.shown(task)
    edit = Edit(fields, fields, task["version"], new_id())
    place = Place(id, now, view.query(shown=shown))
    return await _form(visit, place, edit, status=status, **values)


@pages.post("/tasks/{id}")
async def save_task(
    visit: SignedIn, now: Now, view: AskedView, form: Form, id: PathId, shown: int = PAGE
) -> Response:
    place = Place(id, now, view.query(shown=shown))
    edit = read_edit(form)
    if form.get("choice") == "theirs":
        return _saved(visit, place, await visit.backend.get(App.TASK, f"/tasks/{id}"))
    try:
        if form.get("choice") == "restore":
            await visit.backend.send(App.TASK, "POST", f"/tasks/{id}/restore", key=f"{edit.key}-restore")
        task = await store(visit.backend, id, edit)
    except ServiceError as error:
        if error.status == 401:
            raise
        return await _not_saved(visit, place, edit, error)
    return _saved(visit, place, task)


def read_edit(form: Fields) -> Edit:
    """The posted form; where it does not say what was read, every field counts as changed."""
    try:
        found = orjson.loads(form.get("base", ""))
    except orjson.JSONDecodeError:
        found = None
    base = {str(name): str(value) for name, value in found.items()} if isinstance(found, dict) else {}
    version = form.get("version", "")
    return Edit(
        mine=task_form.entered(form, base),
        base=base,
        version=int(version) if version.isdecimal() else 0,
        key=form.get("key", "") or new_id(),
    )


async def store(backend: Backend, id: str, edit: Edit) -> Json:
    """Save what was changed; changes made elsewhere to other fields stay.

    Raises `Contradiction` when the same field was changed elsewhere, `Refused` or `Unavailable`.
    """
    for _ in range(TRIES):
        patch = task_form.patch_of(changed(edit.base, edit.mine))
        try:
            return await backend.send(
                App.TASK, "PATCH", f"/tasks/{id}", patch, key=edit.key, version=edit.version
            )
        except Refused as refusal:
            if refusal.status != 412:
                raise
            edit = brought_together(edit, refusal.current)
    raise Conflict("This task is being changed elsewhere all the time; try again.", code="busy")


def brought_together(edit: Edit, current: Json) -> Edit:
    """`edit` as a change of what is stored now. Raises `Contradiction`."""
    theirs = task_form.shown(current)
    merged = merge(edit.base, edit.mine, theirs)
    if merged.conflicts:
        raise Contradiction(edit, merged, current)
    return replace(edit, mine=merged.fields, base=theirs, version=current["version"])


def _row(visit: Visit, now: datetime, task: Json, asked: str, **values: Any) -> Response:
    return show(visit, "parts/saved.html", row=row_of(task, now), asked=asked, **values)


def _saved(visit: Visit, place: Place, task: Json) -> Response:
    if not visit.wants_fragment:
        return RedirectResponse(f"/?done=save&task={task['id']}", 303)
    return _row(visit, place.now, task, place.asked, saved=True)


async def _not_saved(visit: Visit, place: Place, edit: Edit, error: ServiceError) -> Response:
    if isinstance(error, Contradiction):
        return await _form(visit, place, error.edit, error, conflicts=error.merged.conflicts)
    if error.status == 404:
        return await _form(visit, place, edit, error, gone=True, problem="This task was deleted elsewhere.")
    if is_away(error) and visit.wants_fragment:
        return note(visit, AWAY, status=error.status, bad=True)
    if is_away(error):
        return await _form(visit, place, edit, error, problem=AWAY)
    errors = error.by_field if isinstance(error, Refused) else {}
    problem = "" if errors.keys() & set(task_form.NAMES) else error.detail
    return await _form(visit, place, replace(edit, key=new_id()), error, errors=errors, problem=problem)


async def _form(
    visit: Visit,
    place: Place,
    edit: Edit,
    error: ServiceError | None = None,
    *,
    status: int = 200,
    **values: Any,
) -> Response:
    known = {"adding": False, "subtask": "", "subtask_problem": "", "subtask_key": new_id()}
    known |= {"errors": {}, "conflicts": {}, "gone": False, "problem": error.detail if error else ""}
    status = error.status if error else status
    projects = await read_projects(visit)
    names = {each.project["id"]: each.project["name"] for each in projects}
    shown = {"id": place.id, "asked": place.asked, "edit": edit, "base": orjson.dumps(edit.base).decode()}
    shown |= {"form": task_form, "projects": projects, "project_names": names}
    if visit.wants_fragment:
        return show(visit, "parts/edit_row.html", status=status, **shown | known | values)
    details = read_details(visit, place.id, place.now, names)
    repetition = find_repetition(visit, place.id, place.now)
    shown |= {"details": details, "repetition": repetition}
    return await show_page(visit, "edit.html", status=status, **shown | known | values)
