"""What can be done with a reminder where it shows: its task is done, or it comes again later."""

from starlette.responses import RedirectResponse, Response

from frontend_service.clients.service_client import UpstreamError
from frontend_service.web.page_route import page_router
from frontend_service.web.rendering import render_toast
from frontend_service.web.request_context import Form, RequestContext, SignedIn
from servicekit.errors import Invalid
from servicekit.web.ids import PathId, is_valid_id, new_id

SNOOZE_MINUTES = 10
DONE, SNOOZED = "Completed.", f"It comes again in {SNOOZE_MINUTES} minutes."

pages = page_router()


@pages.post("/notifications/{id}/done")
async def complete_task(context: SignedIn, form: Form, id: PathId) -> Response:
    """Completes the task, and marks the entry of the inbox as read."""
    key = form.get("key") or new_id()
    task = form.get("task", "")
    if not is_valid_id(task):
        raise Invalid("This reminder no longer exists.")
    await context.services.tasks.change_task(task, "complete", key=f"{key}-complete")
    try:
        await context.services.notifications.mark_read(id, key=f"{key}-read")
    except UpstreamError as refusal:
        if refusal.status != 404:  # gone with its task
            raise
    return _respond(context, DONE)


@pages.post("/reminders/{id}/snooze")
async def snooze_reminder_toast(context: SignedIn, form: Form, id: PathId) -> Response:
    """Comes again later; the service marks the entry of the inbox as read."""
    key = f"{form.get('key') or new_id()}-snooze"
    await context.services.notifications.snooze_reminder(id, SNOOZE_MINUTES, key=key)
    return _respond(context, SNOOZED)


def _respond(context: RequestContext, text: str) -> Response:
    return (
        render_toast(context, text, bad=False)
        if context.wants_fragment
        else RedirectResponse("/notifications", 303)
    )
