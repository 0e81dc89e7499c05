"""The settings page: reminders, quiet hours, and how a user is reached."""

import asyncio
from collections.abc import Awaitable
from typing import Any

from starlette.responses import RedirectResponse, Response

from contracts.api.notifications import PreferencesRead
from frontend_service.clients.service_client import UpstreamError
from frontend_service.web.account.quota_usage import read_quota_usage
from frontend_service.web.page_route import page_router
from frontend_service.web.rendering import render_page
from frontend_service.web.request_context import Form, RequestContext, SignedIn
from frontend_service.web.three_way_merge import Fields
from servicekit.web.ids import PathId, new_id

MOST_CHANNELS = 200
TIMES = ("quiet_from", "quiet_to", "day_starts_at", "digest_at")
NAMES = (*TIMES, "default_reminder")
MESSAGES = {"saved": "Saved.", "tested": "A test is on its way.", "removed": "Removed."}

pages = page_router()


@pages.get("/settings")
async def show_settings(context: SignedIn, done: str = "") -> Response:
    return await _render_page(context, message=MESSAGES.get(done, ""))


@pages.post("/settings")
async def save_preferences(context: SignedIn, form: Form) -> Response:
    fields = {name: form.get(name, "").strip() for name in NAMES}
    change = context.services.notifications.change_preferences(
        _build_patch(fields), key=_idempotency_key(form)
    )
    return await _finish(context, change, done="saved", fields=fields)


@pages.post("/settings/email")
async def turn_email_on(context: SignedIn, form: Form) -> Response:
    change = context.services.notifications.add_email_channel(key=_idempotency_key(form))
    return await _finish(context, change, done="saved")


@pages.post("/settings/webhooks")
async def add_webhook(context: SignedIn, form: Form) -> Response:
    """The secret is shown once, on the page that answers."""
    url = form.get("url", "").strip()
    try:
        made = await context.services.notifications.add_webhook(url, key=_idempotency_key(form))
    except UpstreamError as refusal:
        return await _render_refusal(context, refusal, url=url)
    return await _render_page(context, secret=made["secret"], message="The webhook is there.")


@pages.post("/settings/channels/{id}/test")
async def test_channel(context: SignedIn, form: Form, id: PathId) -> Response:
    change = context.services.notifications.test_channel(id, key=_idempotency_key(form))
    return await _finish(context, change, done="tested")


@pages.post("/settings/channels/{id}/remove")
async def remove_channel(context: SignedIn, form: Form, id: PathId) -> Response:
    change = context.services.notifications.remove_channel(id, key=_idempotency_key(form))
    return await _finish(context, change, done="removed")


def _idempotency_key(form: Form) -> str:
    return form.get("key", "") or new_id()


async def _finish(context: RequestContext, change: Awaitable[None], *, done: str, **values: Any) -> Response:
    """Back to the page that says what was done, or the page with what was wrong."""
    try:
        await change
    except UpstreamError as refusal:
        return await _render_refusal(context, refusal, **values)
    return RedirectResponse(f"/settings?done={done}", 303)


async def _render_refusal(context: RequestContext, refusal: UpstreamError, **values: Any) -> Response:
    if refusal.status == 401:
        raise refusal
    errors = refusal.by_field
    return await _render_page(
        context, status=refusal.status, errors=errors, problem="" if errors else refusal.detail, **values
    )


async def _render_page(context: RequestContext, *, status: int = 200, **values: Any) -> Response:
    stored, channels = await asyncio.gather(
        context.services.notifications.read_preferences(),
        context.services.notifications.list_channels(MOST_CHANNELS),
    )
    known = {
        "fields": _to_fields(stored),
        "errors": {},
        "problem": "",
        "message": "",
        "secret": "",
        "url": "",
    }
    return await render_page(
        context,
        "settings.html",
        status=status,
        preferences=stored,
        channels=channels["items"],
        usage=read_quota_usage(context),
        key=new_id(),
        **known | values,
    )


def _to_fields(stored: PreferencesRead) -> Fields:
    times = {name: str(value or "")[:5] for name, value in stored.items() if name in TIMES}
    reminder = stored["default_reminder"]
    return times | {"default_reminder": "" if reminder is None else str(reminder)}


def _build_patch(fields: Fields) -> dict[str, str | int | None]:
    """The form as a JSON merge-patch: an empty field switches off. What can't be read the service names."""
    patch: dict[str, str | int | None] = {name: fields[name] or None for name in TIMES}
    minutes = fields["default_reminder"]
    patch["default_reminder"] = int(minutes) if minutes.isdecimal() else minutes or None
    return patch
