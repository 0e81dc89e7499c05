"""What keeps a delivery from being sent twice, short of the death of the process. On both databases."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from notification_service.channels import sending
from notification_service.channels.parcel import Outcome, Parcel
from notification_service.channels.retries import TAKEN
from notification_service.channels.sending import Sending
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncSession

from conftest import ServiceUnderTest
from services.notification.tests.integration.test_channels import add_webhook, logged, ready, remind

URL = "http://127.0.0.1:9/hook"


class Receiver:
    """A sender that notes what it is given and does what the test wants meanwhile."""

    def __init__(self, meanwhile: Callable[[], Awaitable[None]]) -> None:
        self.got: list[str] = []
        self._meanwhile = meanwhile

    async def send(self, parcel: Parcel) -> Outcome:
        self.got.append(parcel.delivery.id)
        await self._meanwhile()
        return Outcome("delivered", status=200)


async def due(notification: ServiceUnderTest) -> dict[str, Any]:
    """A webhook with one delivery that is due now."""
    webhook = await add_webhook(notification, URL)
    await remind(notification)
    await ready(notification)
    return webhook


class TestBeingToldToEnd:
    async def test_finishes_what_is_under_way(self, notification: ServiceUnderTest) -> None:
        webhook = await due(notification)
        begun, told = asyncio.Event(), asyncio.Event()

        async def meanwhile() -> None:
            begun.set()
            await told.wait()

        receiver = Receiver(meanwhile)
        running = asyncio.create_task(
            Sending(notification.database, {"webhook": receiver}, asyncio.Event()).run()
        )
        await asyncio.wait_for(begun.wait(), 10)
        running.cancel()
        told.set()
        await asyncio.gather(running, return_exceptions=True)
        delivery = await logged(notification, webhook)
        assert (delivery["state"], len(delivery["log"])) == ("delivered", 1)

    async def test_does_not_wait_for_who_hangs(
        self, notification: ServiceUnderTest, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sending, "ENDING_SECONDS", 0.05)
        webhook = await due(notification)
        begun = asyncio.Event()

        async def meanwhile() -> None:
            begun.set()
            await asyncio.Event().wait()

        worker = Sending(notification.database, {"webhook": Receiver(meanwhile)}, asyncio.Event())
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
        await Sending(notification.database, {"webhook": receiver}, asyncio.Event()).drain()
        delivery = await logged(notification, webhook)
        assert (failures, delivery["state"], delivery["attempts"]) == (3, "delivered", 1)
        assert (receiver.got, len(delivery["log"])) == ([delivery["id"]], 1)


class TestATry:
    async def test_ends_before_somebody_else_may_begin(
        self, notification: ServiceUnderTest, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sending, "TRY_SECONDS", 0.05)
        webhook = await due(notification)
        hangs = Receiver(asyncio.Event().wait)  # type: ignore[arg-type]
        async with asyncio.timeout(5):
            await Sending(notification.database, {"webhook": hangs}, asyncio.Event()).drain()
        delivery = await logged(notification, webhook)
        assert (delivery["state"], delivery["log"][0]["error"]) == ("due", "no answer in time")

    def test_and_settling_it_take_less_than_the_lease(self) -> None:
        assert TAKEN.total_seconds() > sending.TRY_SECONDS + sending.SETTLE_SECONDS
