"""The page with the list of tasks, and what one click does to a task."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from starlette.responses import RedirectResponse, Response

from contracts.names import App
from frontend_service.clients.service_client import Json, Refused, is_away
from frontend_service.web.account.auth import own_path
from frontend_service.web.page_route import AWAY, router
from frontend_service.web.paging import PAGE
from frontend_service.web.rendering import leaving_page, note, show, show_page
from frontend_service.web.request_context import Form, Now, SignedIn, Visit
from frontend_service.web.tasks import views
from frontend_service.web.tasks.row_updates import fingerprint, show_rows
from frontend_service.web.tasks.sidebar import read_sidebar
from frontend_service.web.tasks.stats import read_figures
from frontend_service.web.tasks.task_list import read_list
from frontend_service.web.tasks.task_location import whereabouts
from frontend_service.web.tasks.views import AskedView, View
from servicekit.errors import Invalid, ServiceError
from servicekit.web.ids import PathId, is_valid_id, new_id

Verb = Literal["complete", "reopen", "delete", "restore"]

pages = router()


@dataclass(frozen=True, slots=True)
class Done:
    """What was done to a task, and the verb that takes it back."""

    text: str
    undo: Verb | None = None


DONE = {
    "add": Done("Added"),
    "save": Done("Saved"),
    "complete": Done("Completed", undo="reopen"),
    "reopen": Done("Open again", undo="complete"),
    "delete": Done("Deleted", undo="restore"),
    "restore": Done("Restored"),
    "move": Done("Moved"),
}
MOVE = re.compile(
    r"(?P<id>[0-9a-f-]{36}) (?:(?P<where>before|after) (?P<other>[0-9a-f-]{36})|(?P<step>up|down))"
)


@pages.get("/")
async def task_page(
    visit: SignedIn,
    now: Now,
    view: AskedView,
    shown: int = PAGE,
    done: str = "",
    task: str = "",
    have: str = "",
) -> Response:
    """done, task: what a form has just done to which task, where there is no JavaScript to tell.

    have: the fingerprint of the rows on the page; there is nothing to say if they are still the same.
    """
    if visit.wants_fragment:
        return await _list(visit, "parts/refreshed.html", view, shown, now, have=have)
    told = DONE.get(done) if is_valid_id(task) else None
    return await _page(visit, now, view, shown, told=told, told_id=task)


@pages.post("/tasks")
async def add_task(visit: SignedIn, now: Now, view: AskedView, form: Form, shown: int = PAGE) -> Response:
    title, key = form.get("title", ""), form.get("key", "") or new_id()
    if form.get("shown", "").isdecimal():
        shown = max(shown, int(form["shown"]))
    try:
        body = await _wanted(visit, title, view.given(now))
        task = await visit.backend.send(App.TASK, "POST", "/tasks", body, key=key)
    except ServiceError as error:
        if error.status == 401:
            raise
        return await _not_added(visit, now, view, shown, error, title, key)
    return await _changed(visit, now, view, shown, "add", task, task["title"])


async def _wanted(visit: SignedIn, text: str, given: dict[str, Any]) -> dict[str, Any]:
    """The task in `text`, with what the list it is added to gives and the text doesn't say."""
    body: dict[str, Any] = {"quick": text}
    if not given:
        return body
    said = (await visit.backend.send(App.TASK, "POST", "/tasks/parse", body))["task"]
    labels = [label for label in given.get("labels", ()) if label not in said["labels"]]
    if labels:
        body["labels"] = [*said["labels"], *labels]
    if not said["project"] and "project_id" in given:
        body["project_id"] = given["project_id"]
    if not said["due_date"] and "due_date" in given:
        body["due_date"] = given["due_date"]
    return body


@pages.post("/tasks/move")
async def move_task(visit: SignedIn, now: Now, view: AskedView, form: Form, shown: int = PAGE) -> Response:
    """To right before or after another task; `move` says `<id> before <id>`."""
    found = MOVE.fullmatch(form.get("move", ""))
    if found is None:
        raise Invalid("This is no place for a task.")
    where, other = found["where"], found["other"]
    if found["step"]:
        where, other = await _beside(visit, now, view, shown, found["id"], found["step"])
    path, key = f"/tasks/{found['id']}/move", f"{form.get('key') or new_id()}-move"
    task = await visit.backend.send(App.TASK, "POST", path, {where: other}, key=key)
    return await _changed(visit, now, view, shown, "move", task, task["title"])


async def _beside(visit: Visit, now: datetime, view: View, shown: int, id: str, step: str) -> tuple[str, str]:
    """The place one step up or down from where the task is; beside itself if there is none."""
    rows = (await read_list(visit.backend, view, shown, now)).open
    ids = [row.task["id"] for row in rows]
    at = ids.index(id) + (-1 if step == "up" else 1) if id in ids else -1
    return ("before" if step == "up" else "after"), (ids[at] if 0 <= at < len(ids) else id)


@pages.post("/tasks/{id}/{verb}")
async def change_task(
    visit: SignedIn, now: Now, view: AskedView, form: Form, id: PathId, verb: Verb, shown: int = PAGE
) -> Response:
    """Comes back to the list, or to where the form says."""
    method, path = ("DELETE", f"/tasks/{id}") if verb == "delete" else ("POST", f"/tasks/{id}/{verb}")
    try:
        task = await visit.backend.send(App.TASK, method, path, key=f"{form.get('key') or new_id()}-{verb}")
    except Refused as refusal:
        if refusal.status != 404 or not visit.wants_fragment:
            raise
        return await _list(visit, "parts/gone.html", view, shown, now)
    if "next" in form:
        return RedirectResponse(own_path(form["next"]), 303)
    whole = verb in ("delete", "restore") and "below" in form
    return await _changed(
        visit, now, view, shown, verb, {"id": id} | task, form.get("title", ""), whole=whole
    )


async def _page(
    visit: Visit, now: datetime, view: View, shown: int, *, status: int = 200, **values: Any
) -> Response:
    told = {"told": None, "told_id": "", "title": "", "problem": "", "key": new_id()}
    return await show_page(
        visit,
        "tasks.html",
        status=status,
        now=now,
        view=view,
        views=views,
        tasks=read_list(visit.backend, view, shown, now),
        sidebar=read_sidebar(visit),
        figures=read_figures(visit),
        **told | values,
    )


async def _changed(
    visit: Visit,
    now: datetime,
    view: View,
    shown: int,
    verb: str,
    task: Json,
    title: str,
    *,
    whole: bool = False,
) -> Response:
    """whole: more rows than that of `task` have changed, and nobody knows which."""
    id = task["id"]
    if not visit.wants_fragment:
        asked = {"done": verb, "task": id} | ({"shown": str(shown)} if shown != PAGE else {})
        return RedirectResponse(f"/?{view.query(**asked)}", 303)
    values = {"done": DONE[verb], "id": id, "title": title, "below": whole, "elsewhere": None}
    if whole or (verb == "reopen" and task.get("recurrence")):
        return await _list(visit, "parts/changed.html", view, shown, now, changes=None, **values)
    tasks = await read_list(visit.backend, view, shown, now)
    if verb == "add" and not tasks.away and id not in tasks.ids:
        values["elsewhere"] = await whereabouts(visit, task)
    series = task.get("series_id") or ""
    return show_rows(visit, tasks, [id], "parts/changed.html", series=series, **values)


async def _list(
    visit: Visit, template: str, view: View, shown: int, now: datetime, *, have: str = "", **values: Any
) -> Response:
    """The list as it is now; while it can't be read, what is on the page stays."""
    tasks = await read_list(visit.backend, view, shown, now)
    if have and not tasks.away and have == fingerprint(tasks):
        return Response(status_code=204)
    response = show(visit, template, tasks=tasks, **values)
    return leaving_page(response) if tasks.away else response


async def _not_added(
    visit: Visit, now: datetime, view: View, shown: int, error: ServiceError, title: str, key: str
) -> Response:
    """Says why; the key stays good for sending the same again, which then happens once."""
    problem = AWAY if is_away(error) else _why(error)
    if visit.wants_fragment:
        return note(visit, problem, status=error.status, bad=True)
    kept = key if is_away(error) else new_id()
    return await _page(visit, now, view, shown, status=error.status, problem=problem, title=title, key=kept)


def _why(error: ServiceError) -> str:
    by_field = error.by_field if isinstance(error, Refused) else {}
    return by_field.get("quick", error.detail)
