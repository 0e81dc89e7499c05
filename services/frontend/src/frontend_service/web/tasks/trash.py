"""The trash: what was deleted in the last thirty days, and can be brought back."""

from typing import Literal

from starlette.responses import RedirectResponse, Response

from contracts.names import App
from frontend_service.web.account.auth import own_path
from frontend_service.web.page_route import router
from frontend_service.web.paging import PAGE, read_newest, within_limits
from frontend_service.web.rendering import show_page
from frontend_service.web.request_context import Form, Now, SignedIn
from frontend_service.web.tasks.sidebar import read_sidebar
from frontend_service.web.tasks.task_list import row_of
from frontend_service.web.tasks.views import View
from servicekit.web.ids import PathId, is_valid_id, new_id

Kind = Literal["tasks", "projects"]

RESTORED = {
    "yes": "Restored.",
    "alone": "Restored, but not where it was: its project, or the task it was below, is in the trash.",
}

pages = router()


@pages.get("/trash")
async def trash(visit: SignedIn, now: Now, shown: int = PAGE, restored: str = "") -> Response:
    shown = within_limits(shown)
    tasks, more = await read_newest(visit.backend, App.TASK, "/tasks?trash=true&sort=-deleted", shown)
    projects, _ = await read_newest(visit.backend, App.TASK, "/projects?trash=true", PAGE)
    return await show_page(
        visit,
        "trash.html",
        rows=[row_of(task, now) for task in tasks],
        projects=projects,
        more=within_limits(shown + PAGE) if more else 0,
        restored=RESTORED.get(restored, ""),
        gone={project["id"]: project["name"] for project in projects},
        view=View(),
        sidebar=read_sidebar(visit),
    )


@pages.post("/trash/{kind}/{id}/restore")
async def restore(visit: SignedIn, form: Form, kind: Kind, id: PathId) -> Response:
    """Also the project a task was in, if `project` names it. `lay_in` is what the task was in."""
    key = form.get("key") or new_id()
    if is_valid_id(form.get("project", "")):
        path = f"/projects/{form['project']}/restore"
        await visit.backend.send(App.TASK, "POST", path, key=f"{key}-project")
    found = await visit.backend.send(App.TASK, "POST", f"/{kind}/{id}/restore", key=f"{key}-restore")
    if "next" in form:
        return RedirectResponse(own_path(form["next"]), 303)
    lost = kind == "tasks" and form.get("lay_in", "") not in (
        "",
        found.get("project_id"),
        found.get("parent_id"),
    )
    return RedirectResponse(f"/trash?restored={'alone' if lost else 'yes'}", 303)
