"""How much waits in the outbox, and for how long: it grows while Kafka or the sidecar is unavailable."""

import asyncio
import logging
from datetime import UTC, datetime
from typing import Any

from prometheus_client import Gauge
from sqlalchemy import func, select
from sqlmodel import col

from servicekit.messaging.outbox import OutboxRow
from servicekit.persistence.database import Database
from servicekit.persistence.prepared_queries import PreparedQuery

SAMPLE_SECONDS = 5.0

OUTBOX_DEPTH = Gauge("todo_outbox_events", "Events recorded and not yet acknowledged by Kafka")
OUTBOX_AGE = Gauge("todo_outbox_oldest_seconds", "Age of the oldest event in the outbox")

log = logging.getLogger(__name__)


async def sample_outbox(database: Database) -> None:
    """Keep the outbox gauges fresh until cancelled."""
    while True:
        try:
            await _measure_outbox(database)
        except Exception as error:
            log.warning("the outbox can't be measured: %s", error)
        await asyncio.sleep(SAMPLE_SECONDS)


_figures: Any = select(func.count().label("depth"), func.min(col(OutboxRow.recorded_at)).label("oldest"))
_DEPTH = PreparedQuery(_figures.select_from(OutboxRow))


async def _measure_outbox(database: Database) -> None:
    (found,) = await _DEPTH.rows(database, {})
    oldest = found["oldest"]
    OUTBOX_DEPTH.set(found["depth"])
    OUTBOX_AGE.set((datetime.now(UTC) - oldest).total_seconds() if oldest else 0)
