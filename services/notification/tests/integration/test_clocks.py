"""Replicas whose clocks differ: the database's says what is due. On both databases."""

import asyncio
from datetime import UTC, datetime

import pytest
from notification_service.channels import delivery_worker
from notification_service.channels.delivery_worker import DeliveryWorker
from notification_service.reminders import dispatcher
from notification_service.reminders.dispatcher import ReminderDispatcher

from conftest import ServiceUnderTest
from contracts.task import TaskUpdated
from services.notification.tests.integration.test_delivery_worker import Receiver, due
from services.notification.tests.integration.test_reminders import tell, the_one
from tests.skewed_clock import SKEW, Ahead


class TestReplicaAhead:
    async def test_reminds_nobody_early(
        self, notification: ServiceUnderTest, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        in_a_minute = datetime.now(UTC) + SKEW / 2
        await tell(notification, TaskUpdated, due_at=in_a_minute, reminders=[{"minutes_before": 0}])
        monkeypatch.setattr(dispatcher, "datetime", Ahead)
        await ReminderDispatcher(notification.database).fire_due_reminders()
        assert (await the_one(notification))["state"] == "planned"

    async def test_leaves_alone_what_another_one_sends(
        self, notification: ServiceUnderTest, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await due(notification)
        answered = asyncio.Event()

        async def wait() -> None:
            await answered.wait()

        receiver = Receiver(wait)
        workers = [
            DeliveryWorker(notification.database, {"webhook": receiver}, asyncio.Event()) for _ in "12"
        ]
        assert await workers[0].start_ready() == 1
        monkeypatch.setattr(delivery_worker, "datetime", Ahead)
        assert await workers[1].start_ready() == 0
        answered.set()
        await workers[0].drain()
        assert len(receiver.got) == 1
