"""Talking to the assistant, on a page of its own and beside the list of tasks."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from starlette.responses import RedirectResponse, Response

from contracts.api.chat import Conversation, ConversationHead, MessageCreate, Reply
from frontend_service.clients.service_client import UpstreamError, is_unavailable
from frontend_service.web.page_route import AWAY, page_router
from frontend_service.web.rendering import render_fragment, render_page, render_toast
from frontend_service.web.request_context import Form, RequestContext, SignedIn
from servicekit.errors import ServiceError
from servicekit.web.ids import PathId, is_valid_id, new_id

NO_CONVERSATION: Conversation = {"id": "", "title": "", "updated_at": "", "messages": []}
UNAVAILABLE = "Conversations can't be reached right now. Your tasks are not affected."

pages = page_router()


@dataclass(frozen=True, slots=True)
class Talk:
    """What is shown of the assistant. `away`: the conversation can't be read right now."""

    conversation: Conversation
    heads: list[ConversationHead]
    away: bool = False


@pages.get("/assistant")
async def show_latest_conversation(context: SignedIn, fresh: bool = False) -> Response:
    """The latest conversation, or a new one."""
    return await _render_page(context, "" if fresh else None)


@pages.get("/assistant/panel")
async def show_panel(context: SignedIn) -> Response:
    """The latest conversation, beside the list of tasks."""
    talk = await _read_talk(context, None)
    return render_fragment(context, "parts/panel.html", talk=talk, **_composer_values())


@pages.get("/assistant/{id}")
async def show_conversation(context: SignedIn, id: PathId, undo: str = "") -> Response:
    return await _render_page(context, id, undo=undo)


@pages.post("/assistant/messages")
async def send_message(context: SignedIn, form: Form) -> Response:
    """Sends `text` to the assistant; without a valid `conversation_id` a new conversation begins.

    After a failure the page comes back with the text. It keeps the idempotency key if services are
    unavailable, so that a message which arrived nevertheless is not carried out twice.
    """
    text, id = form.get("text", ""), form.get("conversation_id", "")
    message = MessageCreate(text=text)
    if is_valid_id(id):
        message["conversation_id"] = id
    key = form.get("key", "") or new_id()
    try:
        reply = await context.services.chat.say(message, key=key)
    except ServiceError as error:
        return await _render_error(context, error, id, text, key)
    return _render_reply(context, reply, text)


@pages.post("/assistant/undo")
async def undo_reply(context: SignedIn, form: Form) -> Response:
    key = form.get("key", "") or new_id()
    reply = await context.services.chat.undo(form.get("undo_token", ""), key=key)
    return _render_reply(context, reply, "undo")


def _render_reply(context: RequestContext, reply: Reply, text: str) -> Response:
    undo = reply.get("undo_token") or ""
    if context.wants_fragment:
        return render_fragment(
            context, "parts/exchange.html", text=text, reply=reply, undo=undo, key=new_id()
        )
    query = f"?{urlencode({'undo': undo})}" if undo else ""
    return RedirectResponse(f"/assistant/{reply['conversation_id']}{query}", 303)


async def _render_error(
    context: RequestContext, error: ServiceError, id: str, text: str, key: str
) -> Response:
    if error.status == 401:
        raise error
    problem = _describe_error(error)
    if context.wants_fragment:
        return render_toast(context, problem, status=error.status, bad=True)
    kept = key if is_unavailable(error) else new_id()
    shown = id if is_valid_id(id) else ""
    return await _render_page(context, shown, status=error.status, problem=problem, text=text, key=kept)


def _describe_error(error: ServiceError) -> str:
    if error.code == "conversations-unavailable":
        return UNAVAILABLE
    if is_unavailable(error):
        return AWAY
    return (error.by_field if isinstance(error, UpstreamError) else {}).get("text", error.detail)


def _composer_values(**values: Any) -> dict[str, Any]:
    known = {"undo": "", "problem": "", "text": "", "key": new_id()}
    return known | {"unavailable": UNAVAILABLE} | values


async def _render_page(
    context: RequestContext, id: str | None, *, status: int = 200, **values: Any
) -> Response:
    return await render_page(
        context, "assistant.html", status=status, talk=_read_talk(context, id), **_composer_values(**values)
    )


async def _read_talk(context: RequestContext, id: str | None) -> Talk:
    """The conversation `id`; a new one if that is empty, the latest if it is None."""
    try:
        page = await context.services.chat.list_conversations()
        heads = page["items"]
        if id is None:
            id = heads[0]["id"] if heads else ""
        if not id:
            return Talk(NO_CONVERSATION, heads)
        return Talk(await context.services.chat.read_conversation(id), heads)
    except ServiceError as error:
        if not is_unavailable(error):
            raise
        return Talk(NO_CONVERSATION, [], away=True)
