"""The rules of conversations."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import NAMESPACE_URL, uuid5

from sqlalchemy.ext.asyncio import AsyncSession

from chat_service import assistant, events, repository
from chat_service.assistant import Done
from chat_service.conversations import Conversations, Stored
from chat_service.errors import NothingToUndo
from chat_service.intents import understand
from chat_service.schemas import Conversation, Message, MessageCreate, Reply
from chat_service.tasks import TaskClient
from servicekit.auth import Principal
from servicekit.ids import new_id
from servicekit.outbox import record

TITLE_LENGTH = 60


@dataclass(frozen=True, slots=True)
class Chat:
    """One user's chat, while one request is served.

    `request_key` makes the ids of what is said, so a request that is repeated after a crash finds
    its own traces: in the conversation, and at the task service.
    """

    session: AsyncSession
    conversations: Conversations
    user: Principal
    request_key: str

    async def say(self, body: MessageCreate) -> Reply:
        """Answer a message. Raises `NotFound` for a conversation that is not there, and `AccountGone`."""
        await repository.require_account(self.session, self.user.user_id)
        stored = await self._open(body)
        message_id = self._id("message")
        earlier = _answer_to(stored.conversation, message_id)
        if earlier is None:
            done = await self._act(body.text, stored.conversation, message_id)
            earlier = await self._note(stored, message_id, body.text, done)
        record(
            self.session,
            events.handled(self.user.user_id, stored.conversation.id, message_id, earlier.actions),
        )
        return _reply(stored.conversation, earlier)

    async def _act(self, text: str, conversation: Conversation, message_id: str) -> Done:
        pending = conversation.pending
        if pending and pending.expires_at < datetime.now(UTC):
            pending = None
        return await assistant.act(understand(text), self._tasks(message_id), conversation.shown, pending)

    async def undo(self, token: str) -> Reply:
        """Take back what one answer did. Raises `NothingToUndo`, also the second time, and `AccountGone`."""
        await repository.require_account(self.session, self.user.user_id)
        conversation_id, _, answer_id = token.partition(".")
        stored = await self.conversations.read(conversation_id)
        answer = next((message for message in stored.conversation.messages if message.id == answer_id), None)
        if answer is None or answer.undone or not assistant.can_undo(answer.actions):
            raise NothingToUndo
        message_id = self._id("undo")
        done = await assistant.undo(answer.actions, self._tasks(message_id))
        answer.undone = True
        said = await self._note(stored, message_id, "undo", done)
        record(self.session, events.handled(self.user.user_id, conversation_id, message_id, done.actions))
        return _reply(stored.conversation, said)

    async def _open(self, body: MessageCreate) -> Stored:
        if body.conversation_id:
            return await self.conversations.read(body.conversation_id)
        id = self._id("conversation")
        known = next((head for head in await self.conversations.heads() if head.id == id), None)
        if known:
            return await self.conversations.read(id)
        title = body.text.strip()[:TITLE_LENGTH]
        return Stored(Conversation(id=id, title=title, updated_at=datetime.now(UTC)))

    async def _note(self, stored: Stored, message_id: str, said: str, done: Done) -> Message:
        now = datetime.now(UTC)
        answer = Message(
            id=_answer_id(message_id), role="assistant", text=done.reply, actions=done.actions, at=now
        )
        conversation = stored.conversation
        conversation.messages += [Message(id=message_id, role="user", text=said, at=now), answer]
        conversation.updated_at = now
        conversation.pending = done.pending
        if done.shown is not None:
            conversation.shown = done.shown
        await self.conversations.write(stored)
        return answer

    def _tasks(self, message_id: str) -> TaskClient:
        return TaskClient(self.conversations.sidecar, self.user, message_id)

    def _id(self, of: str) -> str:
        if not self.request_key:
            return new_id()
        return str(uuid5(NAMESPACE_URL, f"{self.user.user_id}/{self.request_key}/{of}"))


async def erase_user(session: AsyncSession, conversations: Conversations) -> None:
    """Forget all conversations of a user whose account is gone, for good."""
    await repository.note_erased(session, conversations.user_id, datetime.now(UTC))
    await conversations.erase()


def _answer_id(message_id: str) -> str:
    return f"{message_id}-a"


def _answer_to(conversation: Conversation, message_id: str) -> Message | None:
    wanted = _answer_id(message_id)
    return next((message for message in conversation.messages if message.id == wanted), None)


def _reply(conversation: Conversation, answer: Message) -> Reply:
    undo_token = f"{conversation.id}.{answer.id}" if assistant.can_undo(answer.actions) else None
    return Reply(
        conversation_id=conversation.id, reply=answer.text, actions=answer.actions, undo_token=undo_token
    )
