"""What the API of the chat service takes and shows."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from contracts.chat import ChatAction
from servicekit.schema import RequestBody, Text


class MessageCreate(RequestBody):
    text: Annotated[Text, Field(min_length=1, max_length=2000)]
    conversation_id: Annotated[Text, Field(max_length=100)] | None = None


class Undo(RequestBody):
    undo_token: Annotated[Text, Field(max_length=200)]


class Reply(BaseModel):
    """What the assistant said and did; `undo_token` takes all of `actions` back."""

    conversation_id: str
    reply: str
    actions: list[ChatAction]
    undo_token: str | None = None


class Message(BaseModel):
    """One line of a conversation."""

    id: str
    role: Literal["user", "assistant"]
    text: str
    actions: list[ChatAction] = []
    undone: bool = False
    at: datetime


class ConversationHead(BaseModel):
    """A conversation in the list of them; its title is the first thing said."""

    id: str
    title: str
    updated_at: datetime


class Conversation(ConversationHead):
    """A conversation with its latest messages."""

    messages: list[Message] = []
    shown: list[str] = []
    """Ids of the tasks in the last list shown: "complete 2" means the second of them."""
