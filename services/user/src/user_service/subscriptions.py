"""Events in: what the user service said itself, and its restored database does not remember."""

from contracts.user import UserDeleted
from servicekit.messaging.consumer import EventContext
from servicekit.messaging.subscriptions import Subscriptions
from user_service import use_cases

subscriptions = Subscriptions()


@subscriptions.on(UserDeleted)
async def on_user_deleted(received: EventContext[UserDeleted]) -> None:
    """The account is gone already, unless a backup has brought it back."""
    await use_cases.purge_user(received.session, received.event.user_id)
