"""The page that keeps projects, labels and saved filters: their names, colours, archive, and end."""

from collections.abc import Awaitable, Mapping
from dataclasses import asdict
from typing import Any
from urllib.parse import urlencode

from starlette.responses import RedirectResponse, Response

from frontend_service.clients.list_client import Kind
from frontend_service.clients.service_client import UpstreamError, is_unavailable
from frontend_service.web.page_route import AWAY, page_router
from frontend_service.web.rendering import render_page
from frontend_service.web.request_context import Form, RequestContext, SignedIn
from frontend_service.web.tasks.deletion_confirmation import build_confirmation
from frontend_service.web.tasks.sidebar import arrange_sidebar, nest_projects, read_lists
from frontend_service.web.tasks.views import View
from servicekit.web.ids import PathId, is_valid_id, new_id

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
MESSAGES = {"saved": "Saved.", "removed": "Removed."}

pages = page_router()


@pages.get("/lists")
async def show_lists(context: SignedIn, done: str = "", undo: str = "") -> Response:
    return await _render_page(context, message=MESSAGES.get(done, ""), undo=undo if is_valid_id(undo) else "")


@pages.post("/lists/{kind}/{id}")
async def save_list(context: SignedIn, form: Form, kind: Kind, id: PathId) -> Response:
    """What is changed meanwhile by somebody else is not overwritten."""
    patch: dict[str, object] = {"name": form.get("name", ""), "colour": form.get("colour") or None}
    if kind == "projects":
        patch["archived"] = "archived" in form
    key, version = f"{form.get('key') or new_id()}-patch", form.get("version", "")
    version_read = int(version) if version.isdecimal() else 0
    change = context.services.lists.update_list(kind, id, patch, key=key, version=version_read)
    return await _finish(context, change, {"done": "saved"})


@pages.post("/lists/{kind}/{id}/delete")
async def remove_list(context: SignedIn, form: Form, kind: Kind, id: PathId) -> Response:
    """A project goes into the trash with its tasks; a label is taken off its tasks. Asks first."""
    if "sure" not in form:
        question = await build_confirmation(context, kind, id)
        if question:
            action = f"/lists/{kind}/{id}/delete"
            return await render_page(context, "confirm.html", action=action, **asdict(question))
    change = context.services.lists.delete_list(kind, id, key=f"{form.get('key') or new_id()}-delete")
    undo = {"undo": id} if kind == "projects" else {}
    return await _finish(context, change, {"done": "removed"} | undo)


async def _finish(context: RequestContext, change: Awaitable[None], outcome: Mapping[str, str]) -> Response:
    """outcome: what was `done`, and in `undo` the project that can be restored."""
    try:
        await change
    except UpstreamError as refusal:
        if refusal.status == 401:
            raise
        return await _render_page(context, status=refusal.status, problem=_describe_error(refusal))
    return RedirectResponse(f"/lists?{urlencode(outcome)}", 303)


def _describe_error(refusal: UpstreamError) -> str:
    if refusal.status == 412:
        return "It was changed elsewhere meanwhile. This is how it is now."
    return AWAY if is_unavailable(refusal) else next(iter(refusal.by_field.values()), refusal.detail)


async def _render_page(context: RequestContext, *, status: int = 200, **values: Any) -> Response:
    projects, labels, filters = await read_lists(context.services.lists)
    shown: dict[str, Any] = {
        "projects": [place.project for place in nest_projects(projects)],
        "labels": labels,
        "filters": filters,
        "sidebar": arrange_sidebar(projects, labels, filters),
        "view": View(),
    }
    defaults = {"message": "", "undo": "", "problem": "", "colours": COLOURS}
    return await render_page(context, "projects_labels.html", status=status, **shown | defaults | values)
