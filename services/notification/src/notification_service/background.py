"""What runs beside the requests: wake-ups are set, deliveries sent, what is long over dropped."""

import asyncio
import logging
from datetime import UTC, datetime, timedelta

from fastapi import FastAPI

from notification_service.channels import keys
from notification_service.channels import repository as channels
from notification_service.channels.guard import guarded_session
from notification_service.channels.mail import Mail
from notification_service.channels.parcel import Sender
from notification_service.channels.push import Push
from notification_service.channels.sending import Sending
from notification_service.channels.webhooks import Webhooks
from notification_service.overdue import count_overdue
from notification_service.reminders import repository as reminders
from notification_service.reminders.firing import Firing
from notification_service.reminders.jobs import WakeUps
from notification_service.settings import Settings

KEPT = timedelta(days=30)
HOUSEKEEPING_SECONDS = 3600

log = logging.getLogger(__name__)


async def prepare(app: FastAPI) -> None:
    app.state.firing = Firing(app.state.database)


async def set_wake_ups(app: FastAPI) -> None:
    await WakeUps(app.state.database, app.state.sidecar, app.state.firing).run()


async def send(app: FastAPI) -> None:
    settings: Settings = app.state.settings
    async with guarded_session(settings.allowed_networks) as session:
        senders: dict[str, Sender] = {
            "webhook": Webhooks(session, app.state.keys),
            "push": Push(session, app.state.keys, settings.vapid_contact),
        }
        if settings.smtp_host:
            senders["email"] = Mail(settings, app.state.keys)
        await Sending(app.state.database, senders, app.state.firing.fired).run()


async def forget(app: FastAPI) -> None:
    """Drop what is long over, now and then."""
    while True:
        await asyncio.sleep(HOUSEKEEPING_SECONDS)
        before = datetime.now(UTC) - KEPT
        try:
            async with app.state.database.transaction() as session:
                await reminders.forget_fired(session, before)
                await channels.forget(session, before)
        except Exception as error:
            log.warning("housekeeping failed: %s", error)


STARTUP = (keys.load, prepare)
WORK = (set_wake_ups, send, forget, count_overdue)
