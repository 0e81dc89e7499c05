"""Talking to the assistant, on a page of its own and beside the list of tasks."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from starlette.responses import RedirectResponse, Response

from contracts.names import App
from frontend_service.clients.service_client import Json, Refused, is_away
from frontend_service.web.page_route import AWAY, router
from frontend_service.web.rendering import note, show, show_page
from frontend_service.web.request_context import Form, SignedIn, Visit
from servicekit.errors import ServiceError
from servicekit.web.ids import PathId, is_valid_id, new_id

NO_CONVERSATION: Json = {"id": "", "title": "", "messages": []}
UNAVAILABLE = "Conversations can't be reached right now. Your tasks are not affected."

pages = router()


@dataclass(frozen=True, slots=True)
class Talk:
    """What is shown of the assistant. `away`: the conversation can't be read right now."""

    conversation: Json
    heads: list[Json]
    away: bool = False


@pages.get("/assistant")
async def latest_conversation(visit: SignedIn, fresh: bool = False) -> Response:
    """The latest conversation, or a new one."""
    return await _page(visit, "" if fresh else None)


@pages.get("/assistant/panel")
async def panel(visit: SignedIn) -> Response:
    """The latest conversation, beside the list of tasks."""
    talk = await _read(visit, None)
    return show(visit, "parts/panel.html", talk=talk, **_composer())


@pages.get("/assistant/{id}")
async def conversation(visit: SignedIn, id: PathId, undo: str = "") -> Response:
    return await _page(visit, id, undo=undo)


@pages.post("/assistant/messages")
async def say(visit: SignedIn, form: Form) -> Response:
    text, id = form.get("text", ""), form.get("conversation_id", "")
    body = {"text": text} | ({"conversation_id": id} if is_valid_id(id) else {})
    key = form.get("key", "") or new_id()
    try:
        reply = await visit.backend.send(App.CHAT, "POST", "/chat/messages", body, key=key)
    except ServiceError as error:
        return await _not_said(visit, error, id, text, key)
    return _answered(visit, reply, text)


@pages.post("/assistant/undo")
async def undo(visit: SignedIn, form: Form) -> Response:
    body = {"undo_token": form.get("undo_token", "")}
    reply = await visit.backend.send(
        App.CHAT, "POST", "/chat/undo", body, key=form.get("key", "") or new_id()
    )
    return _answered(visit, reply, "undo")


def _answered(visit: Visit, reply: Json, said: str) -> Response:
    undo = reply.get("undo_token") or ""
    if visit.wants_fragment:
        return show(visit, "parts/said.html", said=said, reply=reply, undo=undo, key=new_id())
    query = f"?{urlencode({'undo': undo})}" if undo else ""
    return RedirectResponse(f"/assistant/{reply['conversation_id']}{query}", 303)


async def _not_said(visit: Visit, error: ServiceError, id: str, text: str, key: str) -> Response:
    if error.status == 401:
        raise error
    problem = _why(error)
    if visit.wants_fragment:
        return note(visit, problem, status=error.status, bad=True)
    kept = key if is_away(error) else new_id()
    shown = id if is_valid_id(id) else ""
    return await _page(visit, shown, status=error.status, problem=problem, text=text, key=kept)


def _why(error: ServiceError) -> str:
    if error.code == "conversations-unavailable":
        return UNAVAILABLE
    if is_away(error):
        return AWAY
    return (error.by_field if isinstance(error, Refused) else {}).get("text", error.detail)


def _composer(**values: Any) -> dict[str, Any]:
    known = {"undo": "", "problem": "", "text": "", "key": new_id()}
    return known | {"unavailable": UNAVAILABLE} | values


async def _page(visit: Visit, id: str | None, *, status: int = 200, **values: Any) -> Response:
    return await show_page(
        visit, "assistant.html", status=status, talk=_read(visit, id), **_composer(**values)
    )


async def _read(visit: Visit, id: str | None) -> Talk:
    """The conversation `id`; a new one if that is empty, the latest if it is None."""
    try:
        page = await visit.backend.get(App.CHAT, "/chat/conversations")
        heads = page["items"]
        if id is None:
            id = heads[0]["id"] if heads else ""
        if not id:
            return Talk(NO_CONVERSATION, heads)
        return Talk(await visit.backend.get(App.CHAT, f"/chat/conversations/{id}"), heads)
    except ServiceError as error:
        if not is_away(error):
            raise
        return Talk(NO_CONVERSATION, [], away=True)
