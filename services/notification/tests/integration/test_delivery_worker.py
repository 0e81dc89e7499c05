"""What keeps a delivery from being sent twice, short of the death of the process. On both databases."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from notification_service.channels import delivery_worker
from notification_service.channels.backoff import LEASE
from notification_service.channels.delivery_job import DeliveryJob, SendResult
from notification_service.channels.delivery_worker import DeliveryWorker
from notification_service.models import Channel, Delivery
from notification_service.queue.fairness import MAX_PER_CHANNEL
from sqlalchemy import update
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from conftest import ServiceUnderTest
from services.notification.tests.integration.test_channels import add_webhook, logged, ready, remind

URL = "http://127.0.0.1:9/hook"


class Receiver:
    """A sender that notes what it is given and does what the test wants meanwhile."""

    def __init__(
        self,
        meanwhile: Callable[[], Awaitable[None]],
        result: SendResult = SendResult("delivered", status=200),
    ) -> None:
        self.got: list[str] = []
        self._meanwhile = meanwhile
        self._outcome = result

    async def send(self, job: DeliveryJob) -> SendResult:
        self.got.append(job.delivery.id)
        await self._meanwhile()
        return self._outcome


async def due(notification: ServiceUnderTest) -> dict[str, Any]:
    """A webhook with one delivery that is due now."""
    webhook = await add_webhook(notification, URL)
    await remind(notification)
    await ready(notification)
    return webhook


class TestBeingToldToEnd:
    async def test_finishes_what_is_under_way(self, notification: ServiceUnderTest) -> None:
        webhook = await due(notification)
        begun, stopping = asyncio.Event(), asyncio.Event()

        async def meanwhile() -> None:
            begun.set()
            await stopping.wait()

        receiver = Receiver(meanwhile)
        running = asyncio.create_task(
            DeliveryWorker(notification.database, {"webhook": receiver}, asyncio.Event()).run()
        )
        await asyncio.wait_for(begun.wait(), 10)
        running.cancel()
        stopping.set()
        await asyncio.gather(running, return_exceptions=True)
        delivery = await logged(notification, webhook)
        assert (delivery["state"], len(delivery["log"])) == ("delivered", 1)

    async def test_does_not_wait_for_who_hangs(
        self, notification: ServiceUnderTest, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(delivery_worker, "DRAIN_SECONDS", 0.05)
        webhook = await due(notification)
        begun = asyncio.Event()

        async def meanwhile() -> None:
            begun.set()
            await asyncio.Event().wait()

        worker = DeliveryWorker(notification.database, {"webhook": Receiver(meanwhile)}, asyncio.Event())
        running = asyncio.create_task(worker.run())
        await asyncio.wait_for(begun.wait(), 10)
        running.cancel()
        async with asyncio.timeout(5):
            await asyncio.gather(running, return_exceptions=True)
        assert (await logged(notification, webhook))["state"] == "due"


class TestSettling:
    async def test_waits_for_a_database_that_is_away(
        self, notification: ServiceUnderTest, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        webhook = await due(notification)
        there = notification.database.transaction
        failures = 0

        @asynccontextmanager
        async def away() -> AsyncIterator[AsyncSession]:
            nonlocal failures
            failures += 1
            if failures == 3:
                monkeypatch.setattr(notification.database, "transaction", there)
            async with there() as session:
                yield session
                raise OperationalError("COMMIT", {}, OSError("connection reset"))

        async def meanwhile() -> None:
            monkeypatch.setattr(notification.database, "transaction", away)

        receiver = Receiver(meanwhile)
        await DeliveryWorker(notification.database, {"webhook": receiver}, asyncio.Event()).drain()
        delivery = await logged(notification, webhook)
        assert (failures, delivery["state"], delivery["attempts"]) == (3, "delivered", 1)
        assert (receiver.got, len(delivery["log"])) == ([delivery["id"]], 1)

    async def test_takes_no_receipt_back(self, notification: ServiceUnderTest) -> None:
        webhook = await due(notification)
        delivery = await logged(notification, webhook)

        async def meanwhile() -> None:
            path = f"/deliveries/{delivery['id']}/receipt"
            assert (await notification.client.post(path, json={"state": "opened"})).status_code == 200

        await DeliveryWorker(notification.database, {"webhook": Receiver(meanwhile)}, asyncio.Event()).drain()
        settled = await logged(notification, webhook)
        assert (settled["state"], settled["attempts"]) == ("opened", 1)


class TestAChannel:
    async def test_is_sent_so_much_at_once(self, notification: ServiceUnderTest) -> None:
        webhook = await add_webhook(notification, URL)
        for _ in range(MAX_PER_CHANNEL + 2):
            await notification.client.post(f"/webhooks/{webhook['id']}/test")
        go_on = asyncio.Event()
        receiver = Receiver(go_on.wait)  # type: ignore[arg-type]
        worker = DeliveryWorker(notification.database, {"webhook": receiver}, asyncio.Event())
        assert [await worker.start_ready() for _ in range(MAX_PER_CHANNEL + 1)] == [1] * MAX_PER_CHANNEL + [0]
        go_on.set()
        await worker.drain()
        assert len(set(receiver.got)) == MAX_PER_CHANNEL + 2

    async def test_that_is_not_active_is_sent_nothing(self, notification: ServiceUnderTest) -> None:
        webhook = await due(notification)
        async with notification.database.transaction() as session:
            await session.execute(update(Channel).values(is_active=False))
        receiver = Receiver(nothing)
        await DeliveryWorker(notification.database, {"webhook": receiver}, asyncio.Event()).drain()
        delivery = await logged(notification, webhook)
        assert (receiver.got, delivery["state"]) == ([], "dropped")
        again = await notification.client.post(f"/deliveries/{delivery['id']}/redeliver")
        assert (again.status_code, again.json()["code"]) == (409, "channel-inactive")

    async def test_that_is_gone_takes_along_what_waits_for_it(self, notification: ServiceUnderTest) -> None:
        webhook = await due(notification)
        later = (await notification.client.post(f"/webhooks/{webhook['id']}/test")).json()
        async with notification.database.transaction() as session:
            waiting = update(Delivery).where(col(Delivery.id) == later["id"])
            await session.execute(waiting.values(next_at=datetime.now(UTC) + timedelta(hours=1)))
        receiver = Receiver(nothing, SendResult("channel_gone", "410"))
        await DeliveryWorker(notification.database, {"webhook": receiver}, asyncio.Event()).drain()
        page = await notification.client.get(f"/webhooks/{webhook['id']}/deliveries")
        assert [each["state"] for each in page.json()["items"]] == ["dropped", "dropped"]
        assert len(receiver.got) == 1


async def nothing() -> None:
    """What the test wants meanwhile."""


class TestATry:
    async def test_ends_before_somebody_else_may_begin(
        self, notification: ServiceUnderTest, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(delivery_worker, "ATTEMPT_SECONDS", 0.05)
        webhook = await due(notification)
        hangs = Receiver(asyncio.Event().wait)  # type: ignore[arg-type]
        async with asyncio.timeout(5):
            await DeliveryWorker(notification.database, {"webhook": hangs}, asyncio.Event()).drain()
        delivery = await logged(notification, webhook)
        assert (delivery["state"], delivery["log"][0]["error"]) == ("due", "no response in time")

    def test_and_settling_it_take_less_than_the_lease(self) -> None:
        assert LEASE.total_seconds() > delivery_worker.ATTEMPT_SECONDS + delivery_worker.RECORD_SECONDS
