"""What the API of the chat service takes and shows."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

from pydantic import Field

from contracts.api.tasks import TaskRead
from contracts.chat import ChatAction
from servicekit.web.schemas import RequestBody, ResponseModel, Text

PENDING_FOR = timedelta(minutes=10)


class MessageCreate(RequestBody):
    """What to say to the assistant."""

    text: Annotated[Text, Field(min_length=1, max_length=2000)]
    """In plain words, up to 2,000 characters."""
    conversation_id: Annotated[Text, Field(max_length=100)] | None = None
    """UUID of the conversation to go on with; null: a new one."""


class Undo(RequestBody):
    """What to take back."""

    undo_token: Annotated[Text, Field(max_length=200)]
    """As a reply had it; good for one use."""


class Reply(ResponseModel):
    """What the assistant said and did; `undo_token` takes all of `actions` back."""

    conversation_id: str
    """UUID of the conversation, for the next message."""
    reply: str
    """What to show, as plain text."""
    actions: list[ChatAction]
    """What was done, in order; empty if nothing was."""
    undo_token: str | None = None
    """Takes all of `actions` back; null where there is nothing to take back."""


class PendingAction(ResponseModel):
    """A change the assistant asked about: it is made if the next message says yes, in time."""

    kind: Literal["complete", "reopen", "delete"]
    """What would be done."""
    task_id: str
    """UUID of the task."""
    title: str
    """Title of the task."""
    expires_at: datetime
    """Until when a yes counts; RFC 3339, UTC."""

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


class Message(ResponseModel):
    """One line of a conversation."""

    id: str
    """UUID."""
    role: Literal["user", "assistant"]
    """Who said it."""
    text: str
    """What was said, as plain text."""
    actions: list[ChatAction] = Field(default=[])
    """What was done because of it."""
    undone: bool = False
    """Whether that was taken back."""
    at: datetime
    """When it was said; RFC 3339, UTC."""


class ConversationHead(ResponseModel):
    """A conversation in the list of them; its title is the first thing said."""

    id: str
    """UUID of the conversation."""
    title: str
    """The first thing that was said, cut short."""
    updated_at: datetime
    """When something was last said; RFC 3339, UTC."""


class Conversation(ConversationHead):
    """A conversation with its latest messages."""

    messages: list[Message] = Field(default=[])
    """The latest messages, oldest first."""
    shown: list[str] = Field(default=[])
    """Ids of the tasks in the last list shown: "complete 2" means the second of them."""
    pending: PendingAction | None = None
    """What is done if the next message says yes."""
