"""The page with the list of tasks, and what one click does to a task."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from starlette.responses import RedirectResponse, Response

from contracts.api.tasks import Move, TaskDraft, TaskRead
from frontend_service.clients.service_client import UpstreamError, is_unavailable
from frontend_service.web.account.auth import local_path
from frontend_service.web.page_route import AWAY, page_router
from frontend_service.web.paging import PAGE
from frontend_service.web.rendering import keep_page, render_fragment, render_page, render_toast
from frontend_service.web.request_context import Form, Now, RequestContext, SignedIn
from frontend_service.web.tasks import views
from frontend_service.web.tasks.row_updates import fingerprint, show_rows
from frontend_service.web.tasks.sidebar import read_sidebar
from frontend_service.web.tasks.stats import read_stats
from frontend_service.web.tasks.task_list import read_list
from frontend_service.web.tasks.task_location import locate_task
from frontend_service.web.tasks.views import AskedView, View
from servicekit.errors import Invalid, ServiceError
from servicekit.web.ids import PathId, is_valid_id, new_id

Verb = Literal["complete", "reopen", "delete", "restore"]

pages = page_router()


@dataclass(frozen=True, slots=True)
class Done:
    """What was done to a task, and the verb that takes it back."""

    text: str
    undo: Verb | None = None


DONE = {
    "add": Done("Added"),
    "save": Done("Saved"),
    "complete": Done("Completed", undo="reopen"),
    "reopen": Done("Reopened", undo="complete"),
    "delete": Done("Deleted", undo="restore"),
    "restore": Done("Restored"),
    "move": Done("Moved"),
}
MOVE = re.compile(
    r"(?P<id>[0-9a-f-]{36}) (?:(?P<where>before|after) (?P<other>[0-9a-f-]{36})|(?P<step>up|down))"
)


@pages.get("/")
async def show_task_page(
    context: SignedIn,
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
    if context.wants_fragment:
        return await _render_list(context, "parts/refreshed.html", view, shown, now, have=have)
    notice = DONE.get(done) if is_valid_id(task) else None
    return await _render_page(context, now, view, shown, notice=notice, notice_task_id=task)


@pages.post("/tasks")
async def add_task(context: SignedIn, now: Now, view: AskedView, form: Form, shown: int = PAGE) -> Response:
    """Adds what quick add makes of `title`, with what the open list gives (project, label, day).

    `key` of the form names the request, so the same form sent twice adds one task.
    """
    title, key = form.get("title", ""), form.get("key", "") or new_id()
    if form.get("shown", "").isdecimal():
        shown = max(shown, int(form["shown"]))
    try:
        draft = await _draft_task(context, title, view.given(now))
        task = await context.services.tasks.create_task(draft, key=key)
    except ServiceError as error:
        if error.status == 401:
            raise
        return await _render_error(context, now, view, shown, error, title, key)
    return await _render_change(context, now, view, shown, "add", task["id"], task["title"], task)


async def _draft_task(context: SignedIn, text: str, given: TaskDraft) -> TaskDraft:
    """The task in `text`, with what the list it is added to gives and the text doesn't say."""
    draft = TaskDraft(quick=text)
    if not given:
        return draft
    parsed = (await context.services.tasks.parse_quick_add(text))["task"]
    labels = [label for label in given.get("labels") or () if label not in parsed["labels"]]
    if labels:
        draft["labels"] = [*parsed["labels"], *labels]
    if not parsed["project"] and "project_id" in given:
        draft["project_id"] = given["project_id"]
    if not parsed["due_date"] and "due_date" in given:
        draft["due_date"] = given["due_date"]
    return draft


@pages.post("/tasks/move")
async def move_task(context: SignedIn, now: Now, view: AskedView, form: Form, shown: int = PAGE) -> Response:
    """To right before or after another task; `move` says `<id> before <id>`."""
    found = MOVE.fullmatch(form.get("move", ""))
    if found is None:
        raise Invalid("A task can't be moved there.")
    where, other = found["where"], found["other"]
    if found["step"]:
        where, other = await _find_neighbour(context, now, view, shown, found["id"], found["step"])
    place = Move(before=other) if where == "before" else Move(after=other)
    task = await context.services.tasks.move_task(
        found["id"], place, key=f"{form.get('key') or new_id()}-move"
    )
    return await _render_change(context, now, view, shown, "move", task["id"], task["title"], task)


async def _find_neighbour(
    context: RequestContext, now: datetime, view: View, shown: int, id: str, step: str
) -> tuple[str, str]:
    """The place one step up or down from where the task is; beside itself if there is none."""
    rows = (await read_list(context.services.tasks, view, shown, now)).open
    ids = [row.task["id"] for row in rows]
    at = ids.index(id) + (-1 if step == "up" else 1) if id in ids else -1
    return ("before" if step == "up" else "after"), (ids[at] if 0 <= at < len(ids) else id)


@pages.post("/tasks/{id}/{verb}")
async def change_task(
    context: SignedIn, now: Now, view: AskedView, form: Form, id: PathId, verb: Verb, shown: int = PAGE
) -> Response:
    """Comes back to the list, or to where the form says."""
    key = f"{form.get('key') or new_id()}-{verb}"
    task: TaskRead | None = None
    try:
        if verb == "delete":
            await context.services.tasks.delete_task(id, key=key)
        else:
            task = await context.services.tasks.change_task(id, verb, key=key)
    except UpstreamError as refusal:
        if refusal.status != 404 or not context.wants_fragment:
            raise
        return await _render_list(context, "parts/gone.html", view, shown, now)
    if "next" in form:
        return RedirectResponse(local_path(form["next"]), 303)
    whole = verb in ("delete", "restore") and "below" in form
    return await _render_change(context, now, view, shown, verb, id, form.get("title", ""), task, whole=whole)


async def _render_page(
    context: RequestContext, now: datetime, view: View, shown: int, *, status: int = 200, **values: Any
) -> Response:
    defaults = {"notice": None, "notice_task_id": "", "title": "", "problem": "", "key": new_id()}
    return await render_page(
        context,
        "tasks.html",
        status=status,
        now=now,
        view=view,
        views=views,
        tasks=read_list(context.services.tasks, view, shown, now),
        sidebar=read_sidebar(context),
        stats=read_stats(context),
        **defaults | values,
    )


async def _render_change(
    context: RequestContext,
    now: datetime,
    view: View,
    shown: int,
    verb: str,
    id: str,
    title: str,
    task: TaskRead | None,
    *,
    whole: bool = False,
) -> Response:
    """whole: more rows than that of `task` have changed, and nobody knows which."""
    if not context.wants_fragment:
        parameters = {"done": verb, "task": id} | ({"shown": str(shown)} if shown != PAGE else {})
        return RedirectResponse(f"/?{view.query(**parameters)}", 303)
    values: dict[str, Any] = {"done": DONE[verb], "id": id, "title": title, "below": whole, "elsewhere": None}
    if whole or (verb == "reopen" and task and task.get("recurrence")):
        return await _render_list(context, "parts/changed.html", view, shown, now, changes=None, **values)
    tasks = await read_list(context.services.tasks, view, shown, now)
    if verb == "add" and task and not tasks.away and id not in tasks.ids:
        values["elsewhere"] = await locate_task(context, task)
    series = (task.get("series_id") if task else None) or ""
    return show_rows(context, tasks, [id], "parts/changed.html", series=series, **values)


async def _render_list(
    context: RequestContext,
    template: str,
    view: View,
    shown: int,
    now: datetime,
    *,
    have: str = "",
    **values: Any,
) -> Response:
    """The list as it is now; while it can't be read, what is on the page stays."""
    tasks = await read_list(context.services.tasks, view, shown, now)
    if have and not tasks.away and have == fingerprint(tasks):
        return Response(status_code=204)
    response = render_fragment(context, template, tasks=tasks, **values)
    return keep_page(response) if tasks.away else response


async def _render_error(
    context: RequestContext, now: datetime, view: View, shown: int, error: ServiceError, title: str, key: str
) -> Response:
    """Says why; the key stays good for sending the same again, which then happens once."""
    problem = AWAY if is_unavailable(error) else _describe_error(error)
    if context.wants_fragment:
        return render_toast(context, problem, status=error.status, bad=True)
    kept = key if is_unavailable(error) else new_id()
    return await _render_page(
        context, now, view, shown, status=error.status, problem=problem, title=title, key=kept
    )


def _describe_error(error: ServiceError) -> str:
    by_field = error.by_field if isinstance(error, UpstreamError) else {}
    return by_field.get("quick", error.detail)
