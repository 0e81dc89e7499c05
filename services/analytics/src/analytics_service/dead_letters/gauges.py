"""How many dead letters are parked, for Prometheus."""

import asyncio
import logging

from fastapi import FastAPI
from prometheus_client import Gauge

from analytics_service.container import container_of
from analytics_service.dead_letters import repository
from analytics_service.dead_letters.parsing import LISTENERS
from servicekit.persistence.database import Database

SAMPLE_SECONDS = 15.0

PARKED = Gauge("todo_dead_letters_parked", "Dead letters that wait for somebody, by topic", ["topic"])

log = logging.getLogger(__name__)


async def refresh_gauges(app: FastAPI) -> None:
    """Keep the gauge fresh until cancelled."""
    while True:
        try:
            await sample_gauges(container_of(app).database)
        except Exception as error:
            log.warning("dead letters can't be counted: %s", error)
        await asyncio.sleep(SAMPLE_SECONDS)


async def sample_gauges(database: Database) -> None:
    async with database.reading() as session:
        found = await repository.count_by_topic(session)
    PARKED.clear()
    for topic, number in (dict.fromkeys(LISTENERS, 0) | found).items():
        PARKED.labels(topic).set(number)
