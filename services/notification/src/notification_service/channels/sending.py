"""Deliveries are taken (`turns` says whose), sent and settled, at least once each and one at a time.

A worker takes a delivery by moving its `next_at` on in a transaction, sends it outside of any, and settles
it in a second one. Should the process die in between, the delivery is due again a minute later and goes
under the same id: a receiver of webhooks drops it, a mail program sees the same Message-ID, a browser
replaces the note with the same tag. Nothing but such a death may cause that: a try and its settling end
before the minute does, a database that is away is asked again, and who is told to end finishes what it began.
"""

import asyncio
import logging
import time
from collections.abc import Mapping
from datetime import UTC, datetime

from prometheus_client import Counter, Histogram
from sqlalchemy.ext.asyncio import AsyncSession

from notification_service import events
from notification_service.channels import failures, repository
from notification_service.channels.parcel import KINDS, RESULTS, Outcome, Parcel, Sender
from notification_service.channels.retries import TAKEN, next_try
from notification_service.models import Attempt, Channel, Delivery, Notification
from notification_service.queue.repository import lease, next_turns
from notification_service.queue.turns import Turn, UnderWay
from servicekit.database import Database
from servicekit.ids import new_id
from servicekit.outbox import record, record_letter

POLL_SECONDS = 1.0
SETTLED_AT_ONCE = 4
"""So that many tries which end together leave connections to the database for requests."""
TRY_SECONDS = 25.0
SETTLE_SECONDS = 25.0
"""A try, and then settling it, may take so long: together less than the lease, `retries.TAKEN`."""
PAUSE_SECONDS = 0.2
ENDING_SECONDS = 8.0
"""How long what is under way may take to end when the service is told to."""
NO_SENDER = Outcome("again", "this server does not send on this kind of channel")

TRIES = Counter("todo_deliveries_total", "Tries to deliver a notification", ["channel", "result"])
SECONDS = Histogram("todo_delivery_seconds", "How long a try took", ["channel"])
for _kind in KINDS:  # from the start, so that an increase is seen from the first on
    SECONDS.labels(_kind)
    for _result in RESULTS:
        TRIES.labels(_kind, _result)

log = logging.getLogger(__name__)


class Sending:
    """Sends what is due. `due` is set when there is something new."""

    def __init__(self, database: Database, senders: Mapping[str, Sender], due: asyncio.Event) -> None:
        self._database = database
        self._senders = senders
        self._due = due
        self._under_way = UnderWay()
        self._after = ""
        """The user who was served last."""
        self._settling = asyncio.Semaphore(SETTLED_AT_ONCE)

    async def run(self) -> None:
        """Send until cancelled; what is under way then is finished, unless it takes too long."""
        try:
            while True:
                try:
                    taken = await self.step()
                except Exception as error:
                    log.warning("sending failed, will be tried again: %s", error)
                    taken = 0
                if not taken:
                    await self._wait()
        finally:
            await self._finish()

    async def step(self) -> int:
        """Take what is ready and start to send it; returns how many that were."""
        self._due.clear()
        room, now = self._under_way.room, datetime.now(UTC)
        if not room:
            return 0
        if not await repository.IS_ANY_READY.finds(self._database, now=now):
            return 0
        async with self._database.reading() as session:
            found = await next_turns(session, now, self._under_way.blocked(), self._after, room)
        if not found:
            return 0
        self._after = found[-1].user_id
        async with self._database.transaction() as session:
            taken = await lease(session, self._under_way.fitting(found), now, now + TAKEN)
            parcels = await repository.parcels(session, [turn.delivery_id for turn in taken])
        for turn, parcel in zip(taken, parcels, strict=True):
            self._start(turn, *parcel)
        return len(taken)

    async def drain(self) -> None:
        """Send until a look that began with nothing under way finds nothing. For tests."""
        idle = False
        while await self.step() or not idle:
            await asyncio.gather(*self._under_way.tasks)
            idle = not self._under_way.tasks

    async def _finish(self) -> None:
        """End what is under way; what had to be cut off is taken again later."""
        if not self._under_way.tasks:
            return
        _, late = await asyncio.wait(self._under_way.tasks, timeout=ENDING_SECONDS)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    def _start(
        self, turn: Turn, delivery: Delivery, channel: Channel | None, notification: Notification | None
    ) -> None:
        task = asyncio.create_task(self._deliver(delivery, channel, notification))
        self._under_way.tasks[task] = turn
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._under_way.tasks.pop(task, None)
        self._due.set()
        if not task.cancelled() and task.exception():
            log.error("a delivery could not be settled", exc_info=task.exception())

    async def _wait(self) -> None:
        try:
            await asyncio.wait_for(self._due.wait(), POLL_SECONDS)
        except TimeoutError:
            return

    async def _deliver(
        self, delivery: Delivery, channel: Channel | None, notification: Notification | None
    ) -> None:
        started, begun_at = time.monotonic(), datetime.now(UTC)
        if channel is None or not channel.is_active:
            outcome = Outcome("gone", "the channel is not there any more")
        elif notification is None:
            outcome = Outcome("refused", "what it told of is not kept any more")
        else:
            outcome = await self._try(Parcel(delivery, channel, notification))
        took = time.monotonic() - started
        TRIES.labels(delivery.kind, outcome.result).inc()
        SECONDS.labels(delivery.kind).observe(took)
        attempt = _attempt(delivery, begun_at, took, outcome) if delivery.kind == "webhook" else None
        await self._settle(delivery.id, outcome, attempt)

    async def _settle(self, id: str, outcome: Outcome, attempt: Attempt | None) -> None:
        """Note what became of a try; a database that is away is asked again while the lease allows."""
        deadline = time.monotonic() + SETTLE_SECONDS
        while True:
            try:
                async with self._settling, self._database.transaction() as session:
                    if await settle(session, id, outcome, datetime.now(UTC)) and attempt:
                        await session.merge(attempt)
                return
            except Exception as error:
                if time.monotonic() > deadline:
                    raise
                log.warning("a delivery will be settled later: %s", error)
                await asyncio.sleep(PAUSE_SECONDS)

    async def _try(self, parcel: Parcel) -> Outcome:
        sender = self._senders.get(parcel.channel.kind)
        if sender is None:
            return NO_SENDER
        try:
            async with asyncio.timeout(TRY_SECONDS):
                return await sender.send(parcel)
        except TimeoutError:
            return Outcome("again", "no answer in time")
        except Exception as error:
            log.exception("sending %s failed", parcel.delivery.id)
            return Outcome("again", f"{type(error).__name__}: {error}"[:300])


async def settle(session: AsyncSession, id: str, outcome: Outcome, now: datetime) -> bool:
    """Note what became of a try; False if the delivery was erased meanwhile.

    A receipt that came in meanwhile is not taken back.
    """
    delivery = await repository.lock_delivery(session, id)
    if delivery is None:
        return False
    delivery.attempts += 1
    delivery.error = outcome.error
    if delivery.state == "due":
        await _move_on(session, delivery, outcome, now)
    return True


async def _move_on(session: AsyncSession, delivery: Delivery, outcome: Outcome, now: datetime) -> None:
    if outcome.result in ("sent", "delivered"):
        delivery.state, delivery.sent_at, delivery.next_at = outcome.result, now, None
        delivery.delivered_at = now if outcome.result == "delivered" else None
        return
    delivery.next_at = None
    if outcome.result == "again":
        delivery.next_at = next_try(delivery.attempts, delivery.created_at, now, outcome.retry_after)
    if outcome.result == "gone":
        await _drop_channel(session, delivery, outcome.error, now)
    elif delivery.next_at is None:
        await _give_up(session, delivery, now)


async def _drop_channel(session: AsyncSession, delivery: Delivery, note: str, now: datetime) -> None:
    """The channel is used up: it stays, inactive, with a note that says why."""
    delivery.state = "dropped"
    channel = await repository.lock_any(session, delivery.channel_id or "")
    if channel and channel.is_active:
        channel.is_active, channel.note = False, note
        await repository.drop_waiting(session, channel.id)
        await failures.tell_of_disabled(session, channel, now)


async def _give_up(session: AsyncSession, delivery: Delivery, now: datetime) -> None:
    delivery.state = "failed"
    channel = await repository.lock_any(session, delivery.channel_id or "")
    if channel:
        await failures.tell_of_failing(session, channel, delivery.error, now)
    failed = record(session, events.delivery_failed(delivery))
    record_letter(session, failed, delivery.error)


def _attempt(delivery: Delivery, at: datetime, took: float, outcome: Outcome) -> Attempt:
    return Attempt(
        id=new_id(),
        delivery_id=delivery.id,
        channel_id=delivery.channel_id or "",
        at=at,
        milliseconds=int(took * 1000),
        status=outcome.status,
        error=outcome.error,
    )
