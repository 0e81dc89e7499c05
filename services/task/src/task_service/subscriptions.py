"""Events in: what the task service listens to.

What a handler causes belongs to the trace of its event, which ends before the commit: each handler ends with
`collect_early` (decision 38).
"""

from datetime import UTC, datetime

from contracts.user import UserDeleted, UserUpdated
from servicekit.messaging.consumer import EventContext
from servicekit.messaging.subscriptions import Subscriptions
from task_service.calendar_feed import use_cases as calendar
from task_service.tasks import time_zones
from task_service.unit_of_work.unit import UnitOfWork, act_for
from task_service.unit_of_work.written import collect_early

subscriptions = Subscriptions()


@subscriptions.on(UserUpdated)
async def on_user_updated(received: EventContext[UserUpdated]) -> None:
    unit = await UnitOfWork.begin(received.session, act_for(received.event.user_id))
    await time_zones.follow_user(unit, received.event.time_zone)
    await calendar.update_time_zone(unit, received.event.time_zone)
    collect_early(received.session)


@subscriptions.on(UserDeleted)
async def on_user_deleted(received: EventContext[UserDeleted]) -> None:
    unit = await UnitOfWork.begin(received.session, act_for(received.event.user_id))
    await unit.erase_user(datetime.now(UTC))
    collect_early(received.session)
