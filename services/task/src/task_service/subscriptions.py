"""Events in: what the task service listens to."""

from contracts.user import UserDeleted
from servicekit.deliveries import Received
from servicekit.subscriptions import Subscriptions
from task_service import use_cases

subscriptions = Subscriptions()


@subscriptions.on(UserDeleted)
async def on_user_deleted(received: Received[UserDeleted]) -> None:
    await use_cases.erase_user(received.session, received.event.user_id)
