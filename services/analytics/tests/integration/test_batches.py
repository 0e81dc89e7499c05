"""Events in batches are counted as one by one. On both databases."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from analytics_service.main import create
from analytics_service.models import DailyCount, DeletedUser
from analytics_service.settings import Settings
from analytics_service.subscriptions import subscriptions
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from opentelemetry.trace import NoOpTracer
from sqlalchemy import delete, select
from sqlmodel import col

from conftest import OpenService, ServiceUnderTest
from contracts.event import Event, wrap
from contracts.task import TaskCompleted, TaskCreated
from contracts.user import UserDeleted
from servicekit.dapr.sidecar import Sidecar
from servicekit.messaging.consumer import DeliveryStatus, EventConsumer, parse_message
from servicekit.messaging.processed_messages import ProcessedMessageRow
from services.analytics.tests.integration.test_figures import SAID, event

MIDNIGHT = datetime(2090, 1, 2, tzinfo=UTC)
MODEST = settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
COUNTED = [event(kind, user) for kind in (TaskCreated, TaskCompleted) for user in ("ada", "bob", "cyd")]
EVENTS = st.lists(st.sampled_from([*COUNTED, *COUNTED, SAID, UserDeleted(user_id="bob")]), min_size=3)
SIZES = st.sampled_from([2, 5, 20])
Told = tuple[int, Event]


@pytest.fixture
async def analytics(open_service: OpenService) -> ServiceUnderTest:
    return await open_service(create, Settings)


async def _counts_after(
    analytics: ServiceUnderTest, batches: Sequence[Sequence[Told]]
) -> Sequence[tuple[Any, ...]]:
    """What is counted if these events come to an empty service that knows that `cyd` is erased."""
    async with analytics.database.transaction() as session:
        for table in (DailyCount, DeletedUser, ProcessedMessageRow):
            await session.execute(delete(table))
        session.add(DeletedUser(id="cyd", erased_at=MIDNIGHT))
    consumer = EventConsumer(analytics.database, Sidecar(1), NoOpTracer(), subscriptions.handlers)
    for batch in batches:
        deliveries = [parse_message(event.topic, _message(number, event)) for number, event in batch]
        assert await consumer.consume(deliveries) == [DeliveryStatus.SUCCESS] * len(batch)
    columns = (col(DailyCount.user_id), col(DailyCount.day), col(DailyCount.name), col(DailyCount.value))
    async with analytics.database.reading() as session:
        return [tuple(row) for row in await session.execute(select(*columns).order_by(*columns))]


def _message(number: int, event: Event) -> Any:
    """The event of this number; the first four happen before midnight."""
    time = MIDNIGHT + timedelta(minutes=number - 4)
    return json.loads(
        wrap(event, id=str(UUID(int=number)), source="/", time=time, traceparent="").model_dump_json()
    )


class TestCounts:
    @MODEST
    @given(events=EVENTS, size=SIZES, repeats=st.lists(st.integers(0, 2), max_size=3))
    async def test_are_those_of_one_by_one(
        self, analytics: ServiceUnderTest, events: list[Event], size: int, repeats: list[int]
    ) -> None:
        """Repeats, several days and users, erased ones among them."""
        deliveries = [*enumerate(events), *((number, events[number]) for number in repeats)]
        batches = [deliveries[start : start + size] for start in range(0, len(deliveries), size)]
        one_by_one = await _counts_after(analytics, [[each] for each in deliveries])
        assert await _counts_after(analytics, batches) == one_by_one
