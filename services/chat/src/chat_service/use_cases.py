"""The rules of conversations."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import NAMESPACE_URL, uuid5

from sqlalchemy.ext.asyncio import AsyncSession

from chat_service import events, repository
from chat_service.assistant import actions
from chat_service.assistant.actions import ActionResult
from chat_service.assistant.intents import parse_intent
from chat_service.conversations import ConversationStore, StoredConversation
from chat_service.errors import NothingToUndo
from chat_service.schemas import Conversation, Message, MessageCreate, Reply
from chat_service.task_client import TaskClient
from servicekit.messaging.outbox import record_event
from servicekit.security.auth import Principal
from servicekit.web.ids import new_id

TITLE_LENGTH = 60


@dataclass(frozen=True, slots=True)
class ChatSession:
    """One user's chat, while one request is served.

    `request_key` makes the ids of what is said, so a request that is repeated after a crash finds
    its own traces: in the conversation, and at the task service.
    """

    session: AsyncSession
    conversations: ConversationStore
    user: Principal
    request_key: str

    async def reply_to_message(self, body: MessageCreate) -> Reply:
        """Answer a message. Raises `NotFound` for a conversation that is not there, and `AccountGone`."""
        await repository.require_account(self.session, self.user.user_id)
        stored = await self._open_conversation(body)
        message_id = self._derive_id("message")
        earlier = _find_reply(stored.conversation, message_id)
        if earlier is None:
            result = await self._execute_message(body.text, stored.conversation, message_id)
            earlier = await self._append_messages(stored, message_id, body.text, result)
        record_event(
            self.session,
            events.message_handled(self.user.user_id, stored.conversation.id, message_id, earlier.actions),
        )
        return _make_reply(stored.conversation, earlier)

    async def _execute_message(self, text: str, conversation: Conversation, message_id: str) -> ActionResult:
        pending = conversation.pending
        if pending and pending.expires_at < datetime.now(UTC):
            pending = None
        return await actions.execute_intent(
            parse_intent(text), self._task_client(message_id), conversation.shown, pending
        )

    async def undo_reply(self, token: str) -> Reply:
        """Take back what one reply did. Raises `NothingToUndo`, also the second time, and `AccountGone`."""
        await repository.require_account(self.session, self.user.user_id)
        conversation_id, _, reply_id = token.partition(".")
        stored = await self.conversations.read_conversation(conversation_id)
        message = next((message for message in stored.conversation.messages if message.id == reply_id), None)
        if message is None or message.undone or not actions.can_undo(message.actions):
            raise NothingToUndo
        message_id = self._derive_id("undo")
        result = await actions.undo_actions(message.actions, self._task_client(message_id))
        message.undone = True
        appended = await self._append_messages(stored, message_id, "undo", result)
        record_event(
            self.session,
            events.message_handled(self.user.user_id, conversation_id, message_id, result.actions),
        )
        return _make_reply(stored.conversation, appended)

    async def _open_conversation(self, body: MessageCreate) -> StoredConversation:
        if body.conversation_id:
            return await self.conversations.read_conversation(body.conversation_id)
        id = self._derive_id("conversation")
        known = next((head for head in await self.conversations.list_heads() if head.id == id), None)
        if known:
            return await self.conversations.read_conversation(id)
        title = body.text.strip()[:TITLE_LENGTH]
        return StoredConversation(Conversation(id=id, title=title, updated_at=datetime.now(UTC)))

    async def _append_messages(
        self, stored: StoredConversation, message_id: str, text: str, result: ActionResult
    ) -> Message:
        now = datetime.now(UTC)
        reply = Message(
            id=_derive_reply_id(message_id),
            role="assistant",
            text=result.reply,
            actions=result.actions,
            at=now,
        )
        conversation = stored.conversation
        conversation.messages += [Message(id=message_id, role="user", text=text, at=now), reply]
        conversation.updated_at = now
        conversation.pending = result.pending
        if result.shown is not None:
            conversation.shown = result.shown
        await self.conversations.write_conversation(stored)
        return reply

    def _task_client(self, message_id: str) -> TaskClient:
        return TaskClient(self.conversations.sidecar, self.user, message_id)

    def _derive_id(self, of: str) -> str:
        if not self.request_key:
            return new_id()
        return str(uuid5(NAMESPACE_URL, f"{self.user.user_id}/{self.request_key}/{of}"))


async def purge_user(session: AsyncSession, conversations: ConversationStore) -> None:
    """Purge all conversations of a deleted user."""
    await repository.record_deleted_user(session, conversations.user_id, datetime.now(UTC))
    await conversations.delete_all()


def _derive_reply_id(message_id: str) -> str:
    return f"{message_id}-a"


def _find_reply(conversation: Conversation, message_id: str) -> Message | None:
    reply_id = _derive_reply_id(message_id)
    return next((message for message in conversation.messages if message.id == reply_id), None)


def _make_reply(conversation: Conversation, message: Message) -> Reply:
    undo_token = f"{conversation.id}.{message.id}" if actions.can_undo(message.actions) else None
    return Reply(
        conversation_id=conversation.id, reply=message.text, actions=message.actions, undo_token=undo_token
    )
