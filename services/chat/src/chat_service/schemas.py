"""What the API of the chat service takes and shows."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from contracts.api.tasks import TaskRead
from contracts.chat import ChatAction
from servicekit.web.schemas import RequestBody, Text

PENDING_FOR = timedelta(minutes=10)


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


class PendingAction(BaseModel):
    """A change the assistant asked about: it is made if the next message says yes, in time."""

    kind: Literal["complete", "reopen", "delete"]
    task_id: str
    title: str
    expires_at: datetime

    @classmethod
    def create(cls, kind: str, task: TaskRead) -> "PendingAction":
        """The change `kind` of `task`, from now on."""
        until = datetime.now(UTC) + PENDING_FOR
        return cls.model_validate(
            {"kind": kind, "task_id": task["id"], "title": task["title"], "expires_at": until}
        )

    def still_applies_to(self, task: TaskRead) -> bool:
        """Whether `task` still is what was asked about."""
        stands = self.kind == "delete" or task["done"] is (self.kind == "reopen")
        return bool(task["title"] == self.title and stands)


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
    pending: PendingAction | None = None
    """What is done if the next message says yes."""
