"""The settings page: reminders, quiet hours, and how a user is reached."""

import asyncio
from typing import Any

from starlette.responses import RedirectResponse, Response

from contracts.names import App
from frontend_service.clients.service_client import Json, Refused
from frontend_service.web.account.quota_usage import read_usage
from frontend_service.web.page_route import router
from frontend_service.web.rendering import show_page
from frontend_service.web.request_context import Form, SignedIn, Visit
from frontend_service.web.three_way_merge import Fields
from servicekit.web.ids import PathId, new_id

PREFERENCES, CHANNELS, WEBHOOKS = "/preferences", "/channels", "/webhooks"
TIMES = ("quiet_from", "quiet_to", "day_starts_at", "digest_at")
NAMES = (*TIMES, "default_reminder")
SAID = {"saved": "Saved.", "tested": "A test is on its way.", "removed": "Removed."}

pages = router()


@pages.get("/settings")
async def settings(visit: SignedIn, done: str = "") -> Response:
    return await _page(visit, said=SAID.get(done, ""))


@pages.post("/settings")
async def save_preferences(visit: SignedIn, form: Form) -> Response:
    fields = {name: form.get(name, "").strip() for name in NAMES}
    return await _do(visit, "PATCH", PREFERENCES, _patch(fields), form, done="saved", fields=fields)


@pages.post("/settings/email")
async def turn_email_on(visit: SignedIn, form: Form) -> Response:
    return await _do(visit, "POST", CHANNELS, {"kind": "email"}, form, done="saved")


@pages.post("/settings/webhooks")
async def add_webhook(visit: SignedIn, form: Form) -> Response:
    """The secret is shown once, on the page that answers."""
    url = form.get("url", "").strip()
    try:
        made = await visit.backend.send(
            App.NOTIFICATION, "POST", WEBHOOKS, {"url": url}, key=form.get("key", "") or new_id()
        )
    except Refused as refusal:
        return await _refused(visit, refusal, url=url)
    return await _page(visit, secret=made["secret"], said="The webhook is there.")


@pages.post("/settings/channels/{id}/test")
async def test_channel(visit: SignedIn, form: Form, id: PathId) -> Response:
    return await _do(visit, "POST", f"{CHANNELS}/{id}/test", None, form, done="tested")


@pages.post("/settings/channels/{id}/remove")
async def remove_channel(visit: SignedIn, form: Form, id: PathId) -> Response:
    return await _do(visit, "DELETE", f"{CHANNELS}/{id}", None, form, done="removed")


async def _do(
    visit: Visit, method: str, path: str, body: Json | None, form: Form, *, done: str, **values: Any
) -> Response:
    try:
        key = form.get("key", "") or new_id()
        await visit.backend.send(App.NOTIFICATION, method, path, body, key=key)
    except Refused as refusal:
        return await _refused(visit, refusal, **values)
    return RedirectResponse(f"/settings?done={done}", 303)


async def _refused(visit: Visit, refusal: Refused, **values: Any) -> Response:
    if refusal.status == 401:
        raise refusal
    errors = refusal.by_field
    return await _page(
        visit, status=refusal.status, errors=errors, problem="" if errors else refusal.detail, **values
    )


async def _page(visit: Visit, *, status: int = 200, **values: Any) -> Response:
    stored, channels = await asyncio.gather(
        visit.backend.get(App.NOTIFICATION, PREFERENCES),
        visit.backend.get(App.NOTIFICATION, f"{CHANNELS}?limit=200"),
    )
    known = {"fields": _shown(stored), "errors": {}, "problem": "", "said": "", "secret": "", "url": ""}
    return await show_page(
        visit,
        "settings.html",
        status=status,
        preferences=stored,
        channels=channels["items"],
        usage=read_usage(visit),
        key=new_id(),
        **known | values,
    )


def _shown(stored: Json) -> Fields:
    times = {name: (stored[name] or "")[:5] for name in TIMES}
    reminder = stored["default_reminder"]
    return times | {"default_reminder": "" if reminder is None else str(reminder)}


def _patch(fields: Fields) -> Json:
    """The form as a JSON merge-patch: an empty field switches off. What can't be read the service names."""
    patch: Json = {name: fields[name] or None for name in TIMES}
    minutes = fields["default_reminder"]
    patch["default_reminder"] = int(minutes) if minutes.isdecimal() else minutes or None
    return patch
