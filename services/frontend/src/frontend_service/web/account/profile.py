"""The account page: name, time zone, where the week starts, and the signs of quick add."""

from typing import Any

from starlette.responses import RedirectResponse, Response

from contracts.names import App
from contracts.zones import ZONES
from frontend_service.clients.service_client import Json, Refused, is_away
from frontend_service.web.page_route import AWAY, router
from frontend_service.web.rendering import show_page
from frontend_service.web.request_context import Form, SignedIn, Visit
from frontend_service.web.three_way_merge import Fields, changed, merge
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
ME = "/users/me"

pages = router()


@pages.get("/account")
async def account(visit: SignedIn, saved: bool = False) -> Response:
    return await _form(visit, await visit.backend.get(App.USER, ME), saved=saved)


@pages.post("/account")
async def save_account(visit: SignedIn, form: Form) -> Response:
    mine = {name: form.get(name, "").strip() for name in NAMES}
    base = {name: form.get(f"base_{name}", "") for name in NAMES}
    version = form.get("version", "")
    try:
        await visit.backend.send(
            App.USER,
            "PATCH",
            ME,
            _patch(base, mine),
            key=form.get("key", "") or new_id(),
            version=int(version) if version.isdecimal() else 0,
        )
    except Refused as refusal:
        return await _refused(visit, refusal, base, mine)
    await visit.renew()  # the access token names the time zone
    return RedirectResponse("/account?saved=true", 303)


async def _refused(visit: Visit, refusal: Refused, base: Fields, mine: Fields) -> Response:
    if refusal.status == 401:
        raise refusal
    stored = refusal.current or await visit.backend.get(App.USER, ME)
    merged = merge(base, mine, _shown(stored))
    problem = AWAY if is_away(refusal) else "" if refusal.by_field else refusal.detail
    if refusal.status == 412:
        problem = "Your account was changed elsewhere meanwhile. Check what is below and save again."
    return await _form(
        visit,
        stored,
        status=refusal.status,
        fields=merged.fields,
        conflicts=merged.conflicts,
        errors=refusal.by_field,
        problem=problem,
    )


async def _form(visit: Visit, stored: dict[str, Any], *, status: int = 200, **values: Any) -> Response:
    base = _shown(stored)
    known = {"fields": base, "conflicts": {}, "errors": {}, "problem": "", "saved": False}
    return await show_page(
        visit,
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


def _shown(account: dict[str, Any]) -> Fields:
    """Our own signs are what an account has that says nothing."""
    shown = {name: str(account.get(name) or "") for name in NAMES}
    return shown | ({"quick_add_marks": ""} if shown["quick_add_marks"] == "todo" else {})


def _patch(base: Fields, mine: Fields) -> Json:
    """What differs, as a JSON merge-patch."""
    patch: Json = {**changed(base, mine)}
    chosen = {"week_start", "quick_add_marks"} & patch.keys()
    return patch | {name: patch[name] or None for name in chosen}
