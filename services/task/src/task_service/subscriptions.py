"""Events in: what the task service listens to."""

from contracts.user import UserDeleted, UserUpdated
from servicekit.deliveries import Received
from servicekit.subscriptions import Subscriptions
from task_service import use_cases, zones

subscriptions = Subscriptions()


@subscriptions.on(UserUpdated)
async def on_user_updated(received: Received[UserUpdated]) -> None:
    await zones.follow(received.session, received.event.user_id, received.event.time_zone)


@subscriptions.on(UserDeleted)
async def on_user_deleted(received: Received[UserDeleted]) -> None:
    await use_cases.erase_user(received.session, received.event.user_id)
