"""Events in: what the chat service listens to."""

from chat_service import use_cases
from chat_service.conversations import ConversationStore
from contracts.user import UserDeleted
from servicekit.messaging.consumer import EventContext
from servicekit.messaging.subscriptions import Subscriptions

subscriptions = Subscriptions()


@subscriptions.on(UserDeleted)
async def on_user_deleted(received: EventContext[UserDeleted]) -> None:
    conversations = ConversationStore(received.sidecar, received.event.user_id)
    await use_cases.purge_user(received.session, conversations)
