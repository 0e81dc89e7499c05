"""Events in: what the task service listens to."""

from contracts.user import UserDeleted, UserUpdated
from servicekit.messaging.consumer import EventContext
from servicekit.messaging.subscriptions import Subscriptions
from task_service.calendar_feed import repository as feed
from task_service.calendar_feed import use_cases as calendar
from task_service.fanout import repository as fanout
from task_service.import_export import repository as imports
from task_service.quotas import repository as quotas
from task_service.sync import repository as changes
from task_service.tasks import time_zones as zones
from task_service.tasks import use_cases

subscriptions = Subscriptions()


@subscriptions.on(UserUpdated)
async def on_user_updated(received: EventContext[UserUpdated]) -> None:
    user_id, zone = received.event.user_id, received.event.time_zone
    await zones.follow(received.session, user_id, zone)
    await calendar.update_time_zone(received.session, user_id, zone)


@subscriptions.on(UserDeleted)
async def on_user_deleted(received: EventContext[UserDeleted]) -> None:
    for erase in (
        *(use_cases.erase_user, changes.erase_user, feed.erase_user),
        *(imports.erase_user, quotas.erase_user, fanout.erase_user),
    ):
        await erase(received.session, received.event.user_id)
