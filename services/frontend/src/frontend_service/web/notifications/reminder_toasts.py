"""What can be done with a reminder where it shows: its task is done, or it comes again later."""

from starlette.responses import RedirectResponse, Response

from contracts.names import App
from frontend_service.clients.service_client import Refused
from frontend_service.web.page_route import router
from frontend_service.web.rendering import note
from frontend_service.web.request_context import Form, SignedIn, Visit
from servicekit.errors import Invalid
from servicekit.web.ids import PathId, is_valid_id, new_id

SNOOZE_MINUTES = 10
DONE, SNOOZED = "Completed.", f"It comes again in {SNOOZE_MINUTES} minutes."

pages = router()


@pages.post("/notifications/{id}/done")
async def complete(visit: SignedIn, form: Form, id: PathId) -> Response:
    """Completes the task, and marks the entry of the inbox as read."""
    key = form.get("key") or new_id()
    task = form.get("task", "")
    if not is_valid_id(task):
        raise Invalid("This reminder is gone.")
    await visit.backend.send(App.TASK, "POST", f"/tasks/{task}/complete", key=f"{key}-complete")
    try:
        await visit.backend.send(App.NOTIFICATION, "POST", f"/notifications/{id}/read", key=f"{key}-read")
    except Refused as refusal:
        if refusal.status != 404:  # gone with its task
            raise
    return _told(visit, DONE)


@pages.post("/reminders/{id}/snooze")
async def snooze(visit: SignedIn, form: Form, id: PathId) -> Response:
    """Comes again later; the service marks the entry of the inbox as read."""
    body, key = {"minutes": SNOOZE_MINUTES}, f"{form.get('key') or new_id()}-snooze"
    await visit.backend.send(App.NOTIFICATION, "POST", f"/reminders/{id}/snooze", body, key=key)
    return _told(visit, SNOOZED)


def _told(visit: Visit, text: str) -> Response:
    return note(visit, text, bad=False) if visit.wants_fragment else RedirectResponse("/notifications", 303)
