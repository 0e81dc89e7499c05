"""Prometheus metrics: HTTP by prometheus-fastapi-instrumentator, and what no HTTP metric shows."""

import asyncio
import logging
from datetime import UTC, datetime

from fastapi import FastAPI
from prometheus_client import Counter, Gauge
from prometheus_fastapi_instrumentator import Instrumentator
from sqlalchemy import func, select
from sqlmodel import col

from servicekit.database import Database
from servicekit.outbox import OutboxRow

SAMPLE_SECONDS = 5.0
NOT_COUNTED = ["/healthz", "/readyz", "/metrics", "/dapr/.*"]

OUTBOX_DEPTH = Gauge("todo_outbox_events", "Events recorded and not yet acknowledged by Kafka")
OUTBOX_AGE = Gauge("todo_outbox_oldest_seconds", "Age of the oldest event in the outbox")
INBOX_DUPLICATES = Counter("todo_inbox_duplicates_total", "Delivered events that were handled before")
DEAD_LETTERS = Counter("todo_dead_letters_total", "Events given up, by the topic they came from", ["topic"])

log = logging.getLogger(__name__)


def install_metrics(app: FastAPI) -> None:
    """Count and time requests by route template, and serve `/metrics`."""
    measured = Instrumentator(should_group_status_codes=False, excluded_handlers=NOT_COUNTED)
    measured.instrument(app).expose(app, include_in_schema=False)


async def sample_outbox(database: Database) -> None:
    """Keep the outbox gauges fresh until cancelled."""
    while True:
        try:
            await _sample(database)
        except Exception as error:
            log.warning("the outbox can't be measured: %s", error)
        await asyncio.sleep(SAMPLE_SECONDS)


async def _sample(database: Database) -> None:
    count = select(func.count(), func.min(col(OutboxRow.recorded_at))).select_from(OutboxRow)
    async with database.reading() as session:
        depth, oldest = (await session.execute(count)).one()
    OUTBOX_DEPTH.set(depth)
    OUTBOX_AGE.set((datetime.now(UTC) - oldest).total_seconds() if oldest else 0)
