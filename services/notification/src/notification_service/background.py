"""What runs beside the requests: jobs are scheduled, deliveries sent, old rows purged, gauges refreshed."""

import asyncio
import logging
from datetime import UTC, datetime

from fastapi import FastAPI

from notification_service.channels.delivery_job import Sender
from notification_service.channels.delivery_worker import DeliveryWorker
from notification_service.channels.key_rotation import reencrypt_secrets
from notification_service.channels.keys import load_keys
from notification_service.channels.mail import MailSender
from notification_service.channels.push import PushSender
from notification_service.channels.ssrf import safe_client_session
from notification_service.channels.webhooks import WebhookSender
from notification_service.container import Container, container_of
from notification_service.overdue import refresh_overdue_gauges
from notification_service.reminders.dispatcher import ReminderDispatcher
from notification_service.reminders.scheduled_jobs import ScheduledJobs
from notification_service.retention import purge_expired, shed_queues

SHEDDING_SECONDS = 60

log = logging.getLogger(__name__)


async def open_container(app: FastAPI) -> None:
    state = app.state
    state.container = Container(
        settings=state.settings,
        database=state.database,
        sidecar=state.sidecar,
        keys=await load_keys(state.sidecar),
        dispatcher=ReminderDispatcher(state.database),
    )


async def run_job_scheduler(app: FastAPI) -> None:
    container = container_of(app)
    await ScheduledJobs(container.database, container.sidecar, container.dispatcher).run()


async def run_delivery_worker(app: FastAPI) -> None:
    container = container_of(app)
    settings, keys = container.settings, container.keys
    async with safe_client_session(settings.allowed_networks, settings.allowed_ports) as session:
        senders: dict[str, Sender] = {
            "webhook": WebhookSender(session, keys),
            "push": PushSender(session, keys, settings.vapid_contact),
        }
        if settings.smtp_host:
            senders["email"] = MailSender(settings, keys)
        await DeliveryWorker(container.database, senders, container.dispatcher.fired).run()


async def reencrypt_webhook_secrets(app: FastAPI) -> None:
    """Once after the start, if there is a key before the one of today."""
    container = container_of(app)
    while container.keys.previous:
        try:
            number = await reencrypt_secrets(container.database, container.keys)
            log.info("the secrets of %d webhooks were re-encrypted; the previous key can be removed", number)
            return
        except Exception as error:
            log.warning("secrets can't be re-encrypted: %s", error)
            await asyncio.sleep(SHEDDING_SECONDS)


async def purge_stored(app: FastAPI) -> None:
    """Purge what is long over and what is too much."""
    container = container_of(app)
    async with container.database.transaction() as session:
        await purge_expired(session, container.settings, datetime.now(UTC))


async def run_queue_shedding(app: FastAPI) -> None:
    """Keep queues short: give up what waits beyond the quota of its user."""
    container = container_of(app)
    while True:
        await asyncio.sleep(SHEDDING_SECONDS)
        try:
            async with container.database.transaction() as session:
                await shed_queues(session, container.settings, datetime.now(UTC))
        except Exception as error:
            log.warning("queues can't be kept short: %s", error)


STARTUP = (open_container,)
WORK = (
    run_job_scheduler,
    run_delivery_worker,
    reencrypt_webhook_secrets,
    run_queue_shedding,
    refresh_overdue_gauges,
)
PURGE_JOBS = (purge_stored,)
