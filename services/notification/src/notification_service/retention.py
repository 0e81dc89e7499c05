"""Retention: what is stored stays within its time and its quotas."""

import logging
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from notification_service import repository as inbox
from notification_service.channels import failure_reports
from notification_service.channels import repository as channels
from notification_service.queue import repository as queue
from notification_service.quotas import repository as quotas
from notification_service.quotas.use_cases import WINDOW
from notification_service.reminders import repository as reminders
from notification_service.settings import Settings

KEPT = timedelta(days=30)
DELETED_KEPT = timedelta(days=70)
"""Longer than the trash keeps a task and Kafka, dead letters included, its events: 30 days each."""

log = logging.getLogger(__name__)


async def purge_expired(session: AsyncSession, settings: Settings, now: datetime) -> None:
    """Keep what is stored within its time and its quotas."""
    before = now - KEPT
    await reminders.purge_fired(session, before)
    await reminders.purge_deleted_tasks(session, now - DELETED_KEPT)
    await channels.purge_old(session, before)
    await queue.purge_excess(session, settings.quota_deliveries_stored)
    await inbox.purge_entries(session, before, settings.quota_inbox_entries)
    await quotas.purge_uses(session, now - WINDOW)


async def shed_queues(session: AsyncSession, settings: Settings, now: datetime) -> None:
    """Give up what waits beyond the quota of its user, and say so in the inbox."""
    limit = settings.quota_deliveries_waiting
    for user_id, number in (await queue.shed_excess(session, limit)).items():
        log.warning("gave up %d deliveries: too many are pending for one account", number)
        await failure_reports.report_dropped_deliveries(session, user_id, number, limit, now)
