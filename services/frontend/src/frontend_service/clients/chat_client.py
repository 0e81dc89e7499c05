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
        return await self.client.get(Page[ConversationHead], App.CHAT, "/chat/conversations")

    async def read_conversation(self, id: str) -> Conversation:
        return await self.client.get(Conversation, App.CHAT, f"/chat/conversations/{id}")

    async def say(self, message: MessageCreate, *, key: str) -> Reply:
        return await self.client.send(Reply, App.CHAT, "POST", "/chat/messages", message, key=key)

    async def undo(self, undo_token: str, *, key: str) -> Reply:
        body = {"undo_token": undo_token}
        return await self.client.send(Reply, App.CHAT, "POST", "/chat/undo", body, key=key)
