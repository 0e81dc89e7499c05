"""HTTP in: talking to the assistant."""

from typing import Annotated

from fastapi import Depends, Request

from chat_service.conversations import Conversations, behind
from chat_service.schemas import Conversation, ConversationHead, MessageCreate, Reply, Undo
from chat_service.use_cases import Chat
from servicekit import idempotency
from servicekit.auth import CurrentUser, Principal
from servicekit.door import SessionDep, router
from servicekit.paging import CursorParam, Limit, Page, decode_cursor, encode_cursor, page_of
from servicekit.quotas import UsageList

chat = router(prefix="/chat", tags=["chat"])
usage = router(tags=["account"])


async def _chat(request: Request, user: CurrentUser, session: SessionDep) -> Chat:
    return Chat(session, _conversations(request, user), user, request.headers.get(idempotency.HEADER, ""))


def _conversations(request: Request, user: Principal) -> Conversations:
    return Conversations(request.app.state.sidecar, user.user_id, request.app.state.settings.limits)


ChatDep = Annotated[Chat, Depends(_chat)]


@chat.post("/messages")
async def say(body: MessageCreate, chat: ChatDep) -> Reply:
    """Say something in plain words: add, list, complete, reopen or delete tasks."""
    return await chat.say(body)


@chat.post("/undo")
async def undo(body: Undo, chat: ChatDep) -> Reply:
    return await chat.undo(body.undo_token)


@chat.get("/conversations")
async def list_conversations(
    request: Request, user: CurrentUser, limit: Limit = 50, cursor: CursorParam = None
) -> Page[ConversationHead]:
    """Those that are kept, newest first."""
    bound_to = f"conversations {user.user_id}"
    after = decode_cursor(cursor, bound_to=bound_to, values=1)[0] if cursor else None
    heads = behind(await _conversations(request, user).heads(), after)
    rows, last = page_of(heads[: limit + 1], limit)
    items = [ConversationHead.model_validate(row.model_dump(exclude={"bytes"})) for row in rows]
    return Page(items=items, next_cursor=encode_cursor([last.id], bound_to=bound_to) if last else None)


@chat.get("/conversations/{id}")
async def read_conversation(request: Request, id: str, user: CurrentUser) -> Conversation:
    return (await _conversations(request, user).read(id)).conversation


@usage.get("/usage", include_in_schema=False)
async def read_usage(request: Request, user: CurrentUser) -> UsageList:
    """How much of the limits of this service the user has used."""
    return UsageList(items=await _conversations(request, user).usage())
