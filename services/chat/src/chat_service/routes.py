"""HTTP in: talking to the assistant."""

from typing import Annotated

from fastapi import Depends, Path, Request, Security

from chat_service.container import ContainerDep
from chat_service.conversations import heads_after
from chat_service.schemas import Conversation, ConversationHead, MessageCreate, Reply, Undo
from chat_service.use_cases import ChatSession
from servicekit.security.auth import CurrentUser, access_token
from servicekit.web import idempotency
from servicekit.web.pagination import CursorParam, Limit, Page, decode_cursor, encode_cursor, paginate
from servicekit.web.quotas import UsageList
from servicekit.web.routes import SessionDep, create_router

chat = create_router(prefix="/chat", tags=["chat"])
usage = create_router(tags=["account"])


async def _get_chat(
    request: Request, container: ContainerDep, user: CurrentUser, session: SessionDep
) -> ChatSession:
    return ChatSession(
        session, container.conversations_of(user.user_id), user, request.headers.get(idempotency.HEADER, "")
    )


ChatDep = Annotated[ChatSession, Depends(_get_chat)]
ConversationId = Annotated[str, Path(description="UUID")]


@chat.post("/messages", name="say", dependencies=[Security(access_token, scopes=["chat:write"])])
async def send_message(body: MessageCreate, chat: ChatDep) -> Reply:
    """Say something to the assistant.

    In plain words: add, list, complete, reopen or delete tasks.
    """
    return await chat.reply_to_message(body)


@chat.post("/undo", name="undo", dependencies=[Security(access_token, scopes=["chat:write"])])
async def undo_message(body: Undo, chat: ChatDep) -> Reply:
    """Take back what the assistant did.

    Takes back everything that one reply did.
    """
    return await chat.undo_reply(body.undo_token)


@chat.get("/conversations", dependencies=[Security(access_token, scopes=["chat:read"])])
async def list_conversations(
    container: ContainerDep, user: CurrentUser, limit: Limit = 50, cursor: CursorParam = None
) -> Page[ConversationHead]:
    """List conversations.

    Those that are kept, newest first.
    """
    scope = f"conversations {user.user_id}"
    after = decode_cursor(cursor, scope=scope, values=1)[0] if cursor else None
    heads = heads_after(await container.conversations_of(user.user_id).list_heads(), after)
    rows, last = paginate(heads[: limit + 1], limit)
    items = [ConversationHead.model_validate(row.model_dump(exclude={"bytes"})) for row in rows]
    return Page(items=items, next_cursor=encode_cursor([last.id], scope=scope) if last else None)


@chat.get("/conversations/{id}", dependencies=[Security(access_token, scopes=["chat:read"])])
async def read_conversation(container: ContainerDep, id: ConversationId, user: CurrentUser) -> Conversation:
    """Read a conversation.

    Has its latest messages, and what the assistant is waiting for.
    """
    return (await container.conversations_of(user.user_id).read_conversation(id)).conversation


@usage.get("/usage", include_in_schema=False, dependencies=[Security(access_token, scopes=["account:read"])])
async def read_usage(container: ContainerDep, user: CurrentUser) -> UsageList:
    """How much of the limits of this service the user has used."""
    return UsageList(items=await container.conversations_of(user.user_id).measure_usage())
