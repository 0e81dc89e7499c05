"""What runs beside the requests: jobs are scheduled, deliveries sent, what is long over dropped."""

import asyncio
import logging
from datetime import UTC, datetime, timedelta

from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncSession

from notification_service import repository as inbox
from notification_service.channels import failure_reports, keys
from notification_service.channels import repository as channels
from notification_service.channels.delivery_job import Sender
from notification_service.channels.delivery_worker import DeliveryWorker
from notification_service.channels.key_rotation import reencrypt_secrets
from notification_service.channels.mail import Mail
from notification_service.channels.push import Push
from notification_service.channels.ssrf import safe_client_session
from notification_service.channels.webhooks import Webhooks
from notification_service.overdue import count_overdue
from notification_service.queue import repository as queue
from notification_service.quotas import repository as quotas
from notification_service.quotas.use_cases import WINDOW
from notification_service.reminders import repository as reminders
from notification_service.reminders.dispatcher import ReminderDispatcher
from notification_service.reminders.scheduled_jobs import ScheduledJobs
from notification_service.settings import Settings

KEPT = timedelta(days=30)
DELETED_KEPT = timedelta(days=70)
"""Longer than the trash keeps a task and Kafka, dead letters included, its events: 30 days each."""
HOUSEKEEPING_SECONDS = 3600
SHEDDING_SECONDS = 60

log = logging.getLogger(__name__)


async def prepare(app: FastAPI) -> None:
    app.state.dispatcher = ReminderDispatcher(app.state.database)


async def schedule_jobs(app: FastAPI) -> None:
    await ScheduledJobs(app.state.database, app.state.sidecar, app.state.dispatcher).run()


async def send(app: FastAPI) -> None:
    settings: Settings = app.state.settings
    async with safe_client_session(settings.allowed_networks, settings.allowed_ports) as session:
        senders: dict[str, Sender] = {
            "webhook": Webhooks(session, app.state.keys),
            "push": Push(session, app.state.keys, settings.vapid_contact),
        }
        if settings.smtp_host:
            senders["email"] = Mail(settings, app.state.keys)
        await DeliveryWorker(app.state.database, senders, app.state.dispatcher.fired).run()


async def reseal(app: FastAPI) -> None:
    """Once after the start, if there is a key before the one of today."""
    while app.state.keys.previous:
        try:
            number = await reencrypt_secrets(app.state.database, app.state.keys)
            log.info("the secrets of %d webhooks were sealed anew; the key before can go", number)
            return
        except Exception as error:
            log.warning("secrets can't be sealed anew: %s", error)
            await asyncio.sleep(SHEDDING_SECONDS)


async def forget(app: FastAPI) -> None:
    """Drop what is long over and what is too much, now and then."""
    while True:
        await asyncio.sleep(HOUSEKEEPING_SECONDS)
        try:
            async with app.state.database.transaction() as session:
                await keep_house(session, app.state.settings, datetime.now(UTC))
        except Exception as error:
            log.warning("housekeeping failed: %s", error)


async def keep_house(session: AsyncSession, settings: Settings, now: datetime) -> None:
    """Keep what is stored within its time and its quotas."""
    before = now - KEPT
    await reminders.forget_fired(session, before)
    await reminders.forget_deleted(session, now - DELETED_KEPT)
    await channels.forget(session, before)
    await queue.forget_most(session, settings.quota_deliveries_stored)
    await inbox.forget(session, before, settings.quota_inbox_entries)
    await quotas.forget_uses(session, now - WINDOW)


async def shed(app: FastAPI) -> None:
    """Keep queues short: give up what waits beyond the quota of its user."""
    while True:
        await asyncio.sleep(SHEDDING_SECONDS)
        try:
            async with app.state.database.transaction() as session:
                await shed_queues(session, app.state.settings, datetime.now(UTC))
        except Exception as error:
            log.warning("queues can't be kept short: %s", error)


async def shed_queues(session: AsyncSession, settings: Settings, now: datetime) -> None:
    """Give up what waits beyond the quota of its user, and say so in the inbox."""
    limit = settings.quota_deliveries_waiting
    for user_id, number in (await queue.shed(session, limit)).items():
        log.warning("%d deliveries were given up: too many wait for one account", number)
        await failure_reports.tell_of_dropped(session, user_id, number, limit, now)


STARTUP = (keys.load, prepare)
WORK = (schedule_jobs, send, reseal, forget, shed, count_overdue)
