"""The page that keeps projects, labels and saved filters: their names, colours, archive, and end."""

import asyncio
from dataclasses import asdict
from typing import Any, Literal
from urllib.parse import urlencode

from starlette.responses import RedirectResponse, Response

from contracts.names import App
from frontend_service.clients.service_client import Json, Refused, is_away
from frontend_service.web.page_route import AWAY, router
from frontend_service.web.rendering import show_page
from frontend_service.web.request_context import Form, SignedIn, Visit
from frontend_service.web.tasks.deletion_confirmation import question_before
from frontend_service.web.tasks.sidebar import LISTED, arranged, nested
from frontend_service.web.tasks.views import View
from servicekit.web.ids import PathId, is_valid_id, new_id

Kind = Literal["projects", "labels", "filters"]
KINDS: tuple[Kind, ...] = ("projects", "labels", "filters")
COLOURS = {
    "": "No colour",
    "#b3261e": "Red",
    "#b25a00": "Orange",
    "#8a6d00": "Yellow",
    "#2f7d5b": "Green",
    "#0b7285": "Teal",
    "#2b5fb8": "Blue",
    "#7a3fb5": "Purple",
    "#5f6368": "Grey",
}
SAID = {"saved": "Saved.", "removed": "Removed."}

pages = router()


@pages.get("/lists")
async def lists(visit: SignedIn, done: str = "", undo: str = "") -> Response:
    return await _page(visit, said=SAID.get(done, ""), undo=undo if is_valid_id(undo) else "")


@pages.post("/lists/{kind}/{id}")
async def save(visit: SignedIn, form: Form, kind: Kind, id: PathId) -> Response:
    """What is changed meanwhile by somebody else is not overwritten."""
    body: Json = {"name": form.get("name", ""), "colour": form.get("colour") or None}
    if kind == "projects":
        body["archived"] = "archived" in form
    version = form.get("version", "")
    return await _do(visit, form, "PATCH", f"/{kind}/{id}", body, int(version) if version.isdecimal() else 0)


@pages.post("/lists/{kind}/{id}/delete")
async def remove(visit: SignedIn, form: Form, kind: Kind, id: PathId) -> Response:
    """A project goes into the trash with its tasks; a label is taken off its tasks. Asks first."""
    if "sure" not in form:
        question = await question_before(visit, kind, id)
        if question:
            action = f"/lists/{kind}/{id}/delete"
            return await show_page(visit, "confirm.html", action=action, **asdict(question))
    undo = id if kind == "projects" else ""
    return await _do(visit, form, "DELETE", f"/{kind}/{id}", None, None, undo=undo)


async def _do(
    visit: Visit,
    form: Form,
    method: str,
    path: str,
    body: Json | None,
    version: int | None,
    *,
    undo: str = "",
) -> Response:
    """undo: the project that can be restored afterwards."""
    key = f"{form.get('key') or new_id()}-{method.lower()}"
    try:
        await visit.backend.send(App.TASK, method, path, body, key=key, version=version)
    except Refused as refusal:
        if refusal.status == 401:
            raise
        return await _page(visit, status=refusal.status, problem=_why(refusal))
    asked = {"done": "saved" if body else "removed"} | ({"undo": undo} if undo else {})
    return RedirectResponse(f"/lists?{urlencode(asked)}", 303)


def _why(refusal: Refused) -> str:
    if refusal.status == 412:
        return "It was changed elsewhere meanwhile. This is how it is now."
    return AWAY if is_away(refusal) else next(iter(refusal.by_field.values()), refusal.detail)


async def _page(visit: Visit, *, status: int = 200, **values: Any) -> Response:
    asked = (visit.backend.get(App.TASK, f"/{kind}?limit={LISTED}") for kind in KINDS)
    projects, labels, filters = [answer["items"] for answer in await asyncio.gather(*asked)]
    shown: dict[str, Any] = {
        "projects": [place.project for place in nested(projects)],
        "labels": labels,
        "filters": filters,
        "sidebar": arranged(projects, labels, filters),
        "view": View(),
    }
    told = {"said": "", "undo": "", "problem": "", "colours": COLOURS}
    return await show_page(visit, "lists.html", status=status, **shown | told | values)
