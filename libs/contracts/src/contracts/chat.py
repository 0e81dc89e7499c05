"""What the chat service tells: what the assistant did."""

from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict

from contracts.event import Event
from contracts.names import Topic


class ChatAction(BaseModel):
    """One thing the assistant did, and to which task."""

    model_config = ConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True)

    kind: Literal["add", "list", "complete", "reopen", "delete", "restore"]
    """What was done."""
    task_id: str | None = None
    """UUID of the task it was done to."""
    title: str | None = None
    """Title of the task at that time."""


class ChatMessageHandled(Event):
    """The assistant answered one message of the user. The text itself stays in the conversation."""

    type: ClassVar[str] = "todo.chat.message-handled.v1"
    topic: ClassVar[Topic] = Topic.CHAT_EVENTS

    conversation_id: str
    message_id: str
    actions: list[ChatAction]

    @property
    def subject(self) -> str:
        return self.conversation_id
