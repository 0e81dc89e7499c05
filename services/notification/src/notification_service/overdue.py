"""What should be done by now and is not, for Prometheus: reminders to fire, deliveries to send."""

import asyncio
import logging
from datetime import UTC, datetime, timedelta

from fastapi import FastAPI
from prometheus_client import Gauge

from notification_service.channels import repository as channels
from notification_service.channels.delivery_job import KINDS
from notification_service.container import container_of
from notification_service.reminders import repository as reminders
from notification_service.reminders.instants import LATE
from servicekit.persistence.database import Database

SAMPLE_SECONDS = 15.0
WAITING = timedelta(minutes=1)
"""A delivery that is due for so long counts as overdue; what is in flight is not due meanwhile."""

REMINDERS = Gauge("todo_reminders_overdue", "Reminders that are late and were not fired yet")
DELIVERIES = Gauge("todo_deliveries_overdue", "Deliveries due for more than a minute", ["channel"])

log = logging.getLogger(__name__)


async def refresh_overdue_gauges(app: FastAPI) -> None:
    """Keep the gauges fresh until cancelled."""
    while True:
        try:
            await sample_overdue(container_of(app).database, datetime.now(UTC))
        except Exception as error:
            log.warning("what is overdue can't be counted: %s", error)
        await asyncio.sleep(SAMPLE_SECONDS)


async def sample_overdue(database: Database, now: datetime) -> None:
    async with database.reading() as session:
        unfired = await reminders.count_due(session, now - LATE)
        unsent = await channels.count_due(session, now - WAITING)
    REMINDERS.set(unfired)
    for kind in KINDS:
        DELIVERIES.labels(kind).set(unsent.get(kind, 0))
