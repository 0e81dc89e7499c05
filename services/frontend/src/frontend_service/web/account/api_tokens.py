"""The page of API tokens: make one, see it once, revoke it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.responses import RedirectResponse, Response

from contracts.api.users import TokenRead
from contracts.scopes import SCOPES
from frontend_service.clients.service_client import UpstreamError
from frontend_service.web.notifications.inbox_page import describe_age
from frontend_service.web.page_route import page_router
from frontend_service.web.rendering import render_page
from frontend_service.web.request_context import Form, Now, RequestContext, SignedIn
from servicekit.web.ids import PathId, new_id

PLACE = "/account/tokens"
LIVES = {"7": "7 days", "30": "30 days", "90": "90 days", "365": "a year"}
LISTED = 200
"""More than an account may have."""
USUAL = {"days": "90", "name": ""}

pages = page_router()


@dataclass(frozen=True, slots=True)
class TokenEntry:
    """One token, in words."""

    id: str
    name: str
    prefix: str
    scopes: str
    used: str
    ends: str
    is_over: bool


@pages.get(PLACE)
async def show_tokens(context: SignedIn, now: Now, done: str = "") -> Response:
    return await _render_page(context, now, message="Revoked." if done == "revoked" else "")


@pages.post(PLACE)
async def make_token(context: SignedIn, now: Now, form: Form) -> Response:
    """The token is shown once, on the page that answers."""
    body = {
        "name": form.get("name", "").strip(),
        "scopes": [scope for scope in SCOPES if scope in form],
        "expires_at": _parse_expiry(form.get("made_at", ""), form.get("days", "")),
    }
    try:
        made = await context.services.users.create_token(body, key=form.get("key", "") or new_id())
    except UpstreamError as refusal:
        if refusal.status == 401:
            raise
        errors = refusal.by_field
        problem = "" if errors else refusal.detail
        return await _render_page(
            context, now, status=refusal.status, errors=errors, problem=problem, fields=USUAL | form
        )
    return await _render_page(context, now, made=made)


@pages.post(PLACE + "/{id}/revoke")
async def revoke_token(context: SignedIn, form: Form, id: PathId) -> Response:
    """One that is revoked already counts as revoked: the form may be sent twice."""
    key = form.get("key", "") or new_id()
    try:
        await context.services.users.revoke_token(id, key=f"{key}-revoke")
    except UpstreamError as refusal:
        if refusal.status != 404:  # revoked already
            raise
    return RedirectResponse(f"{PLACE}?done=revoked", 303)


def _parse_expiry(made_at: str, days: str) -> str | None:
    """When the token expires, counted from when the form was made: sent twice it asks for the same."""
    if days not in LIVES:
        return None
    begin = int(made_at) if made_at.isdecimal() and len(made_at) <= len("1000000000") else 0
    return (datetime.fromtimestamp(begin, UTC) + timedelta(days=int(days))).isoformat()


async def _render_page(
    context: RequestContext, now: datetime, *, status: int = 200, **values: Any
) -> Response:
    found = await context.services.users.list_tokens(LISTED)
    known = {"fields": USUAL, "errors": {}, "problem": "", "message": "", "made": None}
    return await render_page(
        context,
        "api_tokens.html",
        status=status,
        tokens=[_build_entry(token, now) for token in found["items"]],
        scopes=SCOPES,
        lives=LIVES,
        key=new_id(),
        made_at=int(now.timestamp()),
        **known | values,
    )


def _build_entry(token: TokenRead, now: datetime) -> TokenEntry:
    ends, used = datetime.fromisoformat(token["expires_at"]), token["last_used_at"]
    there = ends.astimezone(now.tzinfo)
    return TokenEntry(
        id=token["id"],
        name=token["name"],
        prefix=token["prefix"],
        scopes=", ".join(token["scopes"]),
        used=f"used {describe_age(datetime.fromisoformat(used), now)}" if used else "never used",
        ends=f"{'expired' if ends <= now else 'expires'} {there.day} {there:%b %Y}",
        is_over=ends <= now,
    )
