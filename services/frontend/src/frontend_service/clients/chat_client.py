"""The chat service: conversations with the assistant."""

from dataclasses import dataclass

from contracts.api.chat import Conversation, ConversationHead, MessageCreate, Reply
from contracts.api.page import Page
from contracts.names import App
from frontend_service.clients.service_client import ServiceClient


@dataclass(frozen=True, slots=True)
class ChatClient:
    """Raises and `key`: as for `TaskClient`."""

    client: ServiceClient

    async def list_conversations(self) -> Page[ConversationHead]:
        """The newest first."""
        page: Page[ConversationHead] = await self.client.get(App.CHAT, "/chat/conversations")
        return page

    async def read_conversation(self, id: str) -> Conversation:
        conversation: Conversation = await self.client.get(App.CHAT, f"/chat/conversations/{id}")
        return conversation

    async def say(self, message: MessageCreate, *, key: str) -> Reply:
        reply: Reply = await self.client.send(App.CHAT, "POST", "/chat/messages", message, key=key)
        return reply

    async def undo(self, undo_token: str, *, key: str) -> Reply:
        body = {"undo_token": undo_token}
        reply: Reply = await self.client.send(App.CHAT, "POST", "/chat/undo", body, key=key)
        return reply
