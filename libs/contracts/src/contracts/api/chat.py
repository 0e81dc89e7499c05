"""Chat, as the API has them; written by `make generate`."""

from typing import Literal, NotRequired, TypedDict


class ChatAction(TypedDict):
    kind: Literal["add", "list", "complete", "reopen", "delete", "restore"]
    task_id: NotRequired[str | None]
    title: NotRequired[str | None]


class Message(TypedDict):
    id: str
    role: Literal["user", "assistant"]
    text: str
    actions: NotRequired[list[ChatAction]]
    undone: NotRequired[bool]
    at: str


class PendingAction(TypedDict):
    kind: Literal["complete", "reopen", "delete"]
    task_id: str
    title: str
    expires_at: str


class Conversation(TypedDict):
    id: str
    title: str
    updated_at: str
    messages: NotRequired[list[Message]]
    shown: NotRequired[list[str]]
    pending: NotRequired[PendingAction | None]


class ConversationHead(TypedDict):
    id: str
    title: str
    updated_at: str


class MessageCreate(TypedDict):
    text: str
    conversation_id: NotRequired[str | None]


class Reply(TypedDict):
    conversation_id: str
    reply: str
    actions: list[ChatAction]
    undo_token: NotRequired[str | None]


class Undo(TypedDict):
    undo_token: str
