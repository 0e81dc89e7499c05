"""The account page: name, time zone, where the week starts, and the signs of quick add."""

from typing import Any

from starlette.responses import RedirectResponse, Response

from contracts.api.users import UserRead
from contracts.zones import ZONES
from frontend_service.clients.service_client import UpstreamError, is_unavailable
from frontend_service.web.page_route import AWAY, page_router
from frontend_service.web.rendering import render_page
from frontend_service.web.request_context import Form, RequestContext, SignedIn
from frontend_service.web.three_way_merge import Fields, changed_fields, merge
from servicekit.web.ids import new_id

NAMES = ("name", "time_zone", "week_start", "quick_add_marks")
QUICK_ADD_MARKS = {
    "": "#label +project !0 to !4",
    "todoist": "@label #project p1 to p4, as in Todoist",
    "vikunja": "*label +project !1 to !5, as in Vikunja",
}
WEEK_STARTS = {
    "": "As in the country of the time zone",
    "monday": "Monday",
    "saturday": "Saturday",
    "sunday": "Sunday",
}
OFFERED = sorted(zone for zone in ZONES if "/" in zone or zone == "UTC")

pages = page_router()


@pages.get("/account")
async def show_account(context: SignedIn, saved: bool = False) -> Response:
    return await _render_form(context, await context.services.users.read_me(), saved=saved)


@pages.post("/account")
async def save_account(context: SignedIn, form: Form) -> Response:
    """Saves what differs from what was read, under the version it was read at (`If-Match`).

    After a change elsewhere (412) the form comes back with both values. The session is renewed, because the
    access token has the time zone in it.
    """
    mine = {name: form.get(name, "").strip() for name in NAMES}
    base = {name: form.get(f"base_{name}", "") for name in NAMES}
    version = form.get("version", "")
    try:
        await context.services.users.update_me(
            _build_patch(base, mine),
            key=form.get("key", "") or new_id(),
            version=int(version) if version.isdecimal() else 0,
        )
    except UpstreamError as refusal:
        return await _render_refusal(context, refusal, base, mine)
    await context.renew_session()  # the access token names the time zone
    return RedirectResponse("/account?saved=true", 303)


async def _render_refusal(
    context: RequestContext, refusal: UpstreamError, base: Fields, mine: Fields
) -> Response:
    if refusal.status == 401:
        raise refusal
    stored: UserRead = refusal.current or await context.services.users.read_me()
    merged = merge(base, mine, _to_fields(stored))
    problem = AWAY if is_unavailable(refusal) else "" if refusal.by_field else refusal.detail
    if refusal.status == 412:
        problem = "Your account was changed elsewhere meanwhile. Check what is below and save again."
    return await _render_form(
        context,
        stored,
        status=refusal.status,
        fields=merged.fields,
        conflicts=merged.conflicts,
        errors=refusal.by_field,
        problem=problem,
    )


async def _render_form(
    context: RequestContext, stored: UserRead, *, status: int = 200, **values: Any
) -> Response:
    base = _to_fields(stored)
    known = {"fields": base, "conflicts": {}, "errors": {}, "problem": "", "saved": False}
    return await render_page(
        context,
        "account.html",
        status=status,
        account=stored,
        base=base,
        zones=OFFERED,
        week_starts=WEEK_STARTS,
        quick_add_marks=QUICK_ADD_MARKS,
        key=new_id(),
        **known | values,
    )


def _to_fields(account: UserRead) -> Fields:
    """Our own signs are what an account has that says nothing."""
    shown = {name: str(account.get(name) or "") for name in NAMES}
    return shown | ({"quick_add_marks": ""} if shown["quick_add_marks"] == "todo" else {})


def _build_patch(base: Fields, mine: Fields) -> dict[str, str | None]:
    """What differs, as a JSON merge-patch."""
    patch: dict[str, str | None] = {**changed_fields(base, mine)}
    chosen = {"week_start", "quick_add_marks"} & patch.keys()
    return patch | {name: patch[name] or None for name in chosen}
