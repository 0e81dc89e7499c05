"""The trash: what was deleted in the last thirty days, and can be brought back."""

from functools import partial
from typing import Literal

from starlette.responses import RedirectResponse, Response

from frontend_service.web.account.auth import local_path
from frontend_service.web.page_route import page_router
from frontend_service.web.paging import PAGE, read_newest, within_limits
from frontend_service.web.rendering import render_page
from frontend_service.web.request_context import Form, Now, SignedIn
from frontend_service.web.tasks.sidebar import read_sidebar
from frontend_service.web.tasks.task_list import build_row
from frontend_service.web.tasks.views import View
from servicekit.web.ids import PathId, is_valid_id, new_id

Kind = Literal["tasks", "projects"]

RESTORED = {
    "yes": "Restored.",
    "alone": "Restored, but not where it was: its project, or the task it was below, is in the trash.",
}

pages = page_router()


@pages.get("/trash")
async def show_trash(context: SignedIn, now: Now, shown: int = PAGE, restored: str = "") -> Response:
    """Deleted tasks and projects, the last deleted first; `restored` says what a form has just done."""
    shown = within_limits(shown)
    tasks, more = await read_newest(
        partial(context.services.tasks.list_tasks, "trash=true&sort=-deleted"), shown
    )
    projects, _ = await read_newest(partial(context.services.lists.list_projects, trash=True), PAGE)
    return await render_page(
        context,
        "trash.html",
        rows=[build_row(task, now) for task in tasks],
        projects=projects,
        more=within_limits(shown + PAGE) if more else 0,
        restored=RESTORED.get(restored, ""),
        gone={project["id"]: project["name"] for project in projects},
        view=View(),
        sidebar=read_sidebar(context),
    )


@pages.post("/trash/{kind}/{id}/restore")
async def restore_from_trash(context: SignedIn, form: Form, kind: Kind, id: PathId) -> Response:
    """Also the project a task was in, if `project` names it. `lay_in` is what the task was in."""
    key = form.get("key") or new_id()
    if is_valid_id(form.get("project", "")):
        await context.services.lists.restore_project(form["project"], key=f"{key}-project")
    if kind == "projects":
        await context.services.lists.restore_project(id, key=f"{key}-restore")
        return RedirectResponse(local_path(form["next"]) if "next" in form else "/trash?restored=yes", 303)
    task = await context.services.tasks.change_task(id, "restore", key=f"{key}-restore")
    if "next" in form:
        return RedirectResponse(local_path(form["next"]), 303)
    is_alone = form.get("lay_in", "") not in ("", task.get("project_id"), task.get("parent_id"))
    return RedirectResponse(f"/trash?restored={'alone' if is_alone else 'yes'}", 303)
