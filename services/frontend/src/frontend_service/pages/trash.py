"""The trash: what was deleted in the last thirty days, and can be brought back."""

from typing import Literal

from starlette.responses import RedirectResponse, Response

from contracts.names import App
from frontend_service.pages.door import router
from frontend_service.pages.paging import PAGE, read_newest, within_limits
from frontend_service.pages.rendering import show_page
from frontend_service.pages.sidebar import read_sidebar
from frontend_service.pages.task_list import row_of
from frontend_service.pages.views import View
from frontend_service.pages.visit import Form, Now, SignedIn
from servicekit.ids import PathId, new_id

Kind = Literal["tasks", "projects"]

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
        restored=restored,
        view=View(),
        sidebar=read_sidebar(visit),
    )


@pages.post("/trash/{kind}/{id}/restore")
async def restore(visit: SignedIn, form: Form, kind: Kind, id: PathId) -> Response:
    key = form.get("key") or new_id()
    await visit.backend.send(App.TASK, "POST", f"/{kind}/{id}/restore", key=f"{key}-restore")
    return RedirectResponse("/trash?restored=yes", 303)
