"""Settings of the chat service."""

from pydantic import Field

from chat_service.conversations import Limits
from contracts.names import App
from servicekit.settings import ServiceSettings


class Settings(ServiceSettings):
    app: App = App.CHAT
    quota_conversations: int = Field(default=200, ge=1)
    """Conversations kept for a user; the oldest one makes room for a new one."""
    quota_conversation_bytes: int = Field(default=4 * 1024 * 1024, ge=1)
    """What all conversations of a user may take in the state store; the oldest ones make room."""

    @property
    def limits(self) -> Limits:
        return Limits(self.quota_conversations, self.quota_conversation_bytes)
