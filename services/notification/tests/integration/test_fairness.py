"""Who is sent what first: users take turns, and who hangs holds up nobody else. On both databases."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from notification_service.channels.delivery_job import DeliveryJob, SendResult
from notification_service.channels.delivery_worker import DeliveryWorker
from notification_service.container import container_of
from notification_service.models import Channel, Delivery, Notification
from notification_service.queue import fairness
from notification_service.retention import purge_expired, shed_queues
from sqlalchemy import func, select, update
from sqlmodel import col

from conftest import ServiceUnderTest
from servicekit.web.ids import new_id

SLOW = "slow"
"""How hosts begin that answer only when the test lets them."""


class Receivers:
    """All hosts there are: what they were sent, in order, and how much they were sent at once."""

    def __init__(self) -> None:
        self.began: list[str] = []
        self.order: list[str] = []
        self.most: Counter[str] = Counter()
        self.go_on = asyncio.Event()
        self._now: Counter[str] = Counter()

    async def send(self, job: DeliveryJob) -> SendResult:
        host = job.delivery.host
        counted = (host, f"of {job.delivery.user_id}")
        self.began.append(job.delivery.id)
        self.order.append(job.delivery.user_id)
        self._now.update(counted)
        self.most |= self._now
        if host.startswith(SLOW):
            await self.go_on.wait()
        self._now.subtract(counted)
        return SendResult("delivered", status=200)


async def queue(notification: ServiceUnderTest, user: str, host: str, number: int, channels: int = 1) -> None:
    """Let `number` deliveries of a user wait, on as many channels to a host."""
    now = datetime.now(UTC) - timedelta(seconds=1)
    async with notification.database.transaction() as session:
        own = [
            Channel(
                id=new_id(),
                user_id=user,
                kind="webhook",
                target=f"https://{host}/{new_id()}",
                created_at=now,
            )
            for _ in range(channels)
        ]
        session.add_all(own)
        for place in range(number):
            entry = Notification(id=new_id(), user_id=user, kind="test", title="x", created_at=now)
            known: dict[str, Any] = {"user_id": user, "notification_id": entry.id, "created_at": now}
            known |= {"channel_id": own[place % channels].id, "kind": "webhook", "host": host}
            session.add_all([entry, Delivery(id=new_id(), state="due", next_at=now, **known)])


async def waiting(notification: ServiceUnderTest) -> int:
    async with notification.database.reading() as session:
        is_due = col(Delivery.state) == "due"
        return await session.scalar(select(func.count()).select_from(Delivery).where(is_due)) or 0


async def begin_all(worker: DeliveryWorker) -> None:
    """Step until nothing more may begin while what is in flight hangs."""
    idle = 0
    while idle < 3:
        idle = 0 if await worker.start_ready() else idle + 1
        await asyncio.sleep(0)


@asynccontextmanager
async def sending(notification: ServiceUnderTest, receivers: Receivers) -> AsyncIterator[DeliveryWorker]:
    """A worker; what hangs when the test is over is let go, and nothing more is begun."""
    worker = DeliveryWorker(notification.database, {"webhook": receivers}, asyncio.Event())
    try:
        yield worker
    finally:
        receivers.go_on.set()
        await asyncio.gather(*worker._in_flight.tasks)


@pytest.fixture
def few_places(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a test fills them with few rows."""
    for name, places in {
        "MAX_IN_FLIGHT": 24,
        "RESERVED_SLOTS": 8,
        "MAX_PER_USER": 4,
        "MAX_PER_CHANNEL": 2,
    }.items():
        monkeypatch.setattr(fairness, name, places)
    monkeypatch.setattr(fairness, "MAX_PER_HOST", 6)


class TestAQuietUser:
    async def test_is_next_behind_600_tests_of_another(self, notification: ServiceUnderTest) -> None:
        """S8: what took 29.6 s."""
        receivers = Receivers()
        await queue(notification, "ada", "slow.example", 600, channels=20)
        async with sending(notification, receivers) as worker:
            await begin_all(worker)
            await queue(notification, "bob", "fast.example", 1)
            assert await worker.start_ready() == 1
            await asyncio.sleep(0)
            assert receivers.order[-1] == "bob"
            assert receivers.most["of ada"] == fairness.MAX_PER_USER

    @pytest.mark.usefixtures("few_places")
    @pytest.mark.parametrize("seed", range(4))
    async def test_is_next_whatever_others_do(self, notification: ServiceUnderTest, seed: int) -> None:
        random, receivers = Random(seed), Receivers()
        users = [f"{random.random()}" for _ in range(random.randint(1, 7))]
        hosts = ["slow1.example", "slow2.example", "slow3.example", "fast1.example", "fast2.example"]
        for user in users:
            for _ in range(random.randint(1, 2)):
                number, channels = random.randint(1, 12), random.randint(1, 4)
                await queue(notification, user, random.choice(hosts), number, channels)
        async with sending(notification, receivers) as worker:
            for _ in range(random.randint(0, 30)):
                await worker.start_ready()
                await asyncio.sleep(0)
            quiet = f"{random.random()}"
            await queue(notification, quiet, "quiet.example", 1)
            before = len(receivers.order)
            await begin_all(worker)
            assert quiet in receivers.order, "while all that is slow hangs"
            others = receivers.order[before : receivers.order.index(quiet)]
            assert max(Counter(others).values(), default=0) <= 2, "others had a turn, and no more"
            receivers.go_on.set()
            await worker.drain()
        assert await waiting(notification) == 0
        assert len(receivers.began) == len(set(receivers.began)), "each once"
        assert max(receivers.most[host] for host in hosts) <= fairness.MAX_PER_HOST
        assert max(receivers.most[f"of {user}"] for user in users) <= fairness.MAX_PER_USER


@pytest.mark.usefixtures("few_places")
class TestAHostThatHangs:
    async def test_holds_only_its_share(self, notification: ServiceUnderTest) -> None:
        receivers = Receivers()
        for user in ("ada", "bob", "eve"):
            await queue(notification, user, "slow.example", 10, channels=5)
        await queue(notification, "ada", "fast.example", 3)
        async with sending(notification, receivers) as worker:
            await begin_all(worker)
            assert receivers.most["slow.example"] == fairness.MAX_PER_HOST
            assert receivers.most["fast.example"] > 0, "the same user's other receiver is called"

    async def test_leaves_places_for_newcomers(self, notification: ServiceUnderTest) -> None:
        receivers = Receivers()
        for number in range(8):
            await queue(notification, f"noisy {number}", f"slow{number}.example", 10, channels=5)
        async with sending(notification, receivers) as worker:
            await begin_all(worker)
            assert len(receivers.began) == fairness.MAX_IN_FLIGHT - fairness.RESERVED_SLOTS
            for number in range(fairness.RESERVED_SLOTS):
                await queue(notification, f"new {number}", f"slow-new{number}.example", 2, channels=2)
            await begin_all(worker)
            news = [user for user in receivers.order if user.startswith("new")]
            assert len(news) == len(set(news)) == fairness.RESERVED_SLOTS


class TestSeveralReplicas:
    async def test_share_one_queue(self, notification: ServiceUnderTest) -> None:
        receivers = Receivers()
        for user in ("ada", "bob", "eve"):
            await queue(notification, user, "fast.example", 20)
        workers = [
            DeliveryWorker(notification.database, {"webhook": receivers}, asyncio.Event()) for _ in range(3)
        ]
        await asyncio.gather(*(worker.drain() for worker in workers))
        assert await waiting(notification) == 0
        assert (len(receivers.began), len(set(receivers.began))) == (60, 60)


async def told_of_dropped(notification: ServiceUnderTest, user: str) -> list[str]:
    """What the inbox says of deliveries that were given up."""
    headers = {"authorization": f"Bearer {user}"}
    items = (await notification.client.get("/notifications", headers=headers)).json()["items"]
    return [each["title"] for each in items if each["kind"] == "deliveries.dropped"]


class TestTooMuchThatWaits:
    async def test_is_given_up_newest_first(self, notification: ServiceUnderTest) -> None:
        await queue(notification, "ada", "slow.example", 7)
        await queue(notification, "bob", "slow.example", 5)
        settings = container_of(notification.app).settings
        settings.quota_deliveries_waiting = 5
        async with notification.database.transaction() as session:
            await shed_queues(session, settings, datetime.now(UTC))
        assert await waiting(notification) == 10
        async with notification.database.reading() as session:
            query = select(Delivery).where(col(Delivery.state) == "failed")
            failed = (await session.scalars(query)).all()
        assert [(each.user_id, each.error) for each in failed] == [
            ("ada", "5 deliveries of this account are waiting already")
        ] * 2
        assert await told_of_dropped(notification, "ada") == ["2 deliveries to your channels given up"]
        assert await told_of_dropped(notification, "bob") == []


class TestTooMuchThatIsOver:
    async def test_goes_oldest_first(self, notification: ServiceUnderTest) -> None:
        limits = container_of(notification.app).settings
        limits.quota_deliveries_stored, limits.quota_inbox_entries = 2, 3
        await queue(notification, "ada", "fast.example", 5)
        await queue(notification, "bob", "fast.example", 2)
        async with notification.database.transaction() as session:
            await session.execute(update(Delivery).values(state="delivered"))
            await purge_expired(session, limits, datetime.now(UTC))
        async with notification.database.reading() as session:
            deliveries = Counter((await session.scalars(select(col(Delivery.user_id)))).all())
            entries = Counter((await session.scalars(select(col(Notification.user_id)))).all())
        assert (deliveries, entries) == ({"ada": 2, "bob": 2}, {"ada": 3, "bob": 2})
