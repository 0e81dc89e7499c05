"""Adding subtasks on the page of a task, one after another."""

from starlette.responses import RedirectResponse, Response

from contracts.api.tasks import TaskDraft
from frontend_service.clients.service_client import UpstreamError, is_unavailable
from frontend_service.web.page_route import AWAY, page_router
from frontend_service.web.request_context import Form, Now, SignedIn
from frontend_service.web.tasks.edit_page import show_form
from frontend_service.web.tasks.views import AskedView
from servicekit.errors import ServiceError
from servicekit.web.ids import PathId, new_id

pages = page_router()


@pages.post("/tasks/{id}/subtasks")
async def add_subtask(context: SignedIn, now: Now, view: AskedView, form: Form, id: PathId) -> Response:
    """Understands the same words as the field for a new task; the field is ready for the next one."""
    text, key = form.get("title", ""), form.get("key") or new_id()
    try:
        await context.services.tasks.create_task(TaskDraft(quick=text, parent_id=id), key=key)
    except ServiceError as error:
        if error.status == 401:
            raise
        by_field = error.by_field if isinstance(error, UpstreamError) else {}
        problem = AWAY if is_unavailable(error) else by_field.get("quick", error.detail)
        return await show_form(
            context,
            now,
            view,
            id,
            status=error.status,
            subtask=text,
            subtask_problem=problem,
            subtask_key=key if is_unavailable(error) else new_id(),
        )
    return RedirectResponse(f"/tasks/{id}/edit?added=true#new-subtask", 303)  # autofocus yields to a fragment
