"""The page of API tokens: make one, see it once, revoke it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.responses import RedirectResponse, Response

from contracts.names import App
from contracts.scopes import SCOPES
from frontend_service.clients.service_client import Json, Refused
from frontend_service.web.notifications.inbox_page import ago
from frontend_service.web.page_route import router
from frontend_service.web.rendering import show_page
from frontend_service.web.request_context import Form, Now, SignedIn, Visit
from servicekit.web.ids import PathId, new_id

PLACE, TOKENS = "/account/tokens", "/tokens"
LIVES = {"7": "7 days", "30": "30 days", "90": "90 days", "365": "a year"}
LISTED = 200
"""More than an account may have."""
USUAL = {"days": "90", "name": ""}

pages = router()


@dataclass(frozen=True, slots=True)
class Entry:
    """One token, in words."""

    id: str
    name: str
    prefix: str
    scopes: str
    used: str
    ends: str
    is_over: bool


@pages.get(PLACE)
async def tokens(visit: SignedIn, now: Now, done: str = "") -> Response:
    return await _page(visit, now, said="Revoked." if done == "revoked" else "")


@pages.post(PLACE)
async def make_token(visit: SignedIn, now: Now, form: Form) -> Response:
    """The token is shown once, on the page that answers."""
    body: Json = {
        "name": form.get("name", "").strip(),
        "scopes": [scope for scope in SCOPES if scope in form],
        "expires_at": _end(form.get("made_at", ""), form.get("days", "")),
    }
    try:
        made = await visit.backend.send(App.USER, "POST", TOKENS, body, key=form.get("key", "") or new_id())
    except Refused as refusal:
        if refusal.status == 401:
            raise
        errors = refusal.by_field
        problem = "" if errors else refusal.detail
        return await _page(
            visit, now, status=refusal.status, errors=errors, problem=problem, fields=USUAL | form
        )
    return await _page(visit, now, made=made)


@pages.post(PLACE + "/{id}/revoke")
async def revoke_token(visit: SignedIn, form: Form, id: PathId) -> Response:
    key = form.get("key", "") or new_id()
    try:
        await visit.backend.send(App.USER, "DELETE", f"{TOKENS}/{id}", key=f"{key}-revoke")
    except Refused as refusal:
        if refusal.status != 404:  # revoked already
            raise
    return RedirectResponse(f"{PLACE}?done=revoked", 303)


def _end(made_at: str, days: str) -> str | None:
    """When the token expires, counted from when the form was made: sent twice it asks for the same."""
    if days not in LIVES:
        return None
    begin = int(made_at) if made_at.isdecimal() and len(made_at) <= len("1000000000") else 0
    return (datetime.fromtimestamp(begin, UTC) + timedelta(days=int(days))).isoformat()


async def _page(visit: Visit, now: datetime, *, status: int = 200, **values: Any) -> Response:
    found = await visit.backend.get(App.USER, f"{TOKENS}?limit={LISTED}")
    known = {"fields": USUAL, "errors": {}, "problem": "", "said": "", "made": None}
    return await show_page(
        visit,
        "tokens.html",
        status=status,
        tokens=[_entry(token, now) for token in found["items"]],
        scopes=SCOPES,
        lives=LIVES,
        key=new_id(),
        made_at=int(now.timestamp()),
        **known | values,
    )


def _entry(token: Json, now: datetime) -> Entry:
    ends, used = datetime.fromisoformat(token["expires_at"]), token["last_used_at"]
    there = ends.astimezone(now.tzinfo)
    return Entry(
        id=token["id"],
        name=token["name"],
        prefix=token["prefix"],
        scopes=", ".join(token["scopes"]),
        used=f"used {ago(datetime.fromisoformat(used), now)}" if used else "never used",
        ends=f"{'expired' if ends <= now else 'expires'} {there.day} {there:%b %Y}",
        is_over=ends <= now,
    )
