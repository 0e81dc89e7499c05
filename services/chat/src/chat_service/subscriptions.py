"""Events in: what the chat service listens to."""

from chat_service import use_cases
from chat_service.conversations import Conversations
from contracts.user import UserDeleted
from servicekit.deliveries import Received
from servicekit.subscriptions import Subscriptions

subscriptions = Subscriptions()


@subscriptions.on(UserDeleted)
async def on_user_deleted(received: Received[UserDeleted]) -> None:
    conversations = Conversations(received.sidecar, received.event.user_id)
    await use_cases.erase_user(received.session, conversations)
