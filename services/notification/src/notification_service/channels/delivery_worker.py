"""Sends deliveries, each at least once: `queue.fairness` says whose is next, `backoff` when to retry.

A worker leases a delivery by moving its `next_at` on in a transaction, sends it outside of any, and records
the result in a second one. What can't be delivered goes to the dead letters, whose replay sends it again.
Should the process die in between, the delivery is due again a minute later and goes under the same id: a
receiver of webhooks drops it, a mail program sees the same Message-ID, a browser replaces the note with the
same tag. Nothing but such a death may cause that: a try and its settling end before the minute does, a
database that is away is asked again, and who is told to end finishes what it began.
"""

import asyncio
import logging
import time
from collections.abc import Mapping
from datetime import UTC, datetime

from prometheus_client import Counter, Histogram
from sqlalchemy.ext.asyncio import AsyncSession

from notification_service import events
from notification_service.channels import failure_reports, repository
from notification_service.channels.backoff import LEASE, next_attempt_at
from notification_service.channels.delivery_job import KINDS, RESULT_KINDS, DeliveryJob, Sender, SendResult
from notification_service.models import Channel, Delivery, DeliveryAttempt, Notification
from notification_service.queue.fairness import InFlight, ReadyDelivery
from notification_service.queue.repository import lease_deliveries, select_ready_deliveries
from servicekit.messaging.outbox import record_dead_letter, record_event
from servicekit.persistence.clock import read_clock
from servicekit.persistence.database import Database
from servicekit.web.ids import new_id

POLL_SECONDS = 1.0
CONCURRENT_RECORDS = 4
"""So that many tries which end together leave connections to the database for requests."""
ATTEMPT_SECONDS = 25.0
RECORD_SECONDS = 25.0
"""A try, and then settling it, may take so long: together less than the lease, `backoff.LEASE`."""
PAUSE_SECONDS = 0.2
DRAIN_SECONDS = 8.0
"""How long what is in flight may take to end when the service is told to."""
NO_SENDER = SendResult("retry", "this server does not send on this kind of channel")

ATTEMPTS = Counter("todo_deliveries_total", "Tries to deliver a notification", ["channel", "result"])
SECONDS = Histogram("todo_delivery_seconds", "How long a try took", ["channel"])
for _kind in KINDS:  # from the start, so that an increase is seen from the first on
    SECONDS.labels(_kind)
    for _result in RESULT_KINDS:
        ATTEMPTS.labels(_kind, _result)

log = logging.getLogger(__name__)


class DeliveryWorker:
    """Sends what is due. `due` is set when there is something new."""

    def __init__(self, database: Database, senders: Mapping[str, Sender], due: asyncio.Event) -> None:
        self._database = database
        self._senders = senders
        self._due = due
        self._in_flight = InFlight()
        self._after = ""
        """The user who was served last."""
        self._recording = asyncio.Semaphore(CONCURRENT_RECORDS)

    async def run(self) -> None:
        """Send until cancelled; what is in flight then is finished, unless it takes too long."""
        try:
            while True:
                try:
                    taken = await self.start_ready()
                except Exception as error:
                    log.warning("sending failed, will be tried again: %s", error)
                    taken = 0
                if not taken:
                    await self._wait_for_due()
        finally:
            await self._drain_in_flight()

    async def start_ready(self) -> int:
        """Take what is ready and start to send it; returns how many that were.

        A lease counts by the database's clock, so replicas whose clocks differ respect it.
        """
        self._due.clear()
        room, now = self._in_flight.free_slots, datetime.now(UTC)
        if not room:
            return 0
        if not await repository.IS_ANY_READY.finds(self._database, now=now):
            return 0
        async with self._database.reading() as session:
            clock = await read_clock(session)
            now = min(now, clock)
            found = await select_ready_deliveries(
                session, now, self._in_flight.list_blocked(), self._after, room
            )
        if not found:
            return 0
        self._after = found[-1].user_id
        async with self._database.transaction() as session:
            taken = await lease_deliveries(session, self._in_flight.select_fitting(found), now, clock + LEASE)
            jobs = await repository.load_delivery_jobs(session, [ready.delivery_id for ready in taken])
        for ready, job in zip(taken, jobs, strict=True):
            self._start_delivery(ready, *job)
        return len(taken)

    async def drain(self) -> None:
        """Send until a look that began with nothing in flight finds nothing. For tests."""
        idle = False
        while await self.start_ready() or not idle:
            await asyncio.gather(*self._in_flight.tasks)
            idle = not self._in_flight.tasks

    async def _drain_in_flight(self) -> None:
        """End what is in flight; what had to be cut off is taken again later."""
        if not self._in_flight.tasks:
            return
        _, late = await asyncio.wait(self._in_flight.tasks, timeout=DRAIN_SECONDS)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    def _start_delivery(
        self,
        ready: ReadyDelivery,
        delivery: Delivery,
        channel: Channel | None,
        notification: Notification | None,
    ) -> None:
        task = asyncio.create_task(self._deliver(delivery, channel, notification))
        self._in_flight.tasks[task] = ready
        task.add_done_callback(self._on_delivery_end)

    def _on_delivery_end(self, task: asyncio.Task[None]) -> None:
        self._in_flight.tasks.pop(task, None)
        self._due.set()
        if not task.cancelled() and task.exception():
            log.error("a delivery could not be settled", exc_info=task.exception())

    async def _wait_for_due(self) -> None:
        try:
            await asyncio.wait_for(self._due.wait(), POLL_SECONDS)
        except TimeoutError:
            return

    async def _deliver(
        self, delivery: Delivery, channel: Channel | None, notification: Notification | None
    ) -> None:
        started, begun_at = time.monotonic(), datetime.now(UTC)
        if channel is None or not channel.is_active:
            result = SendResult("channel_gone", "the channel is not there any more")
        elif notification is None:
            result = SendResult("permanent_failure", "the notification is no longer stored")
        else:
            result = await self._send_job(DeliveryJob(delivery, channel, notification))
        took = time.monotonic() - started
        ATTEMPTS.labels(delivery.kind, result.kind).inc()
        SECONDS.labels(delivery.kind).observe(took)
        attempt = _make_attempt(delivery, begun_at, took, result) if delivery.kind == "webhook" else None
        await self._record_result(delivery.id, result, attempt)

    async def _record_result(self, id: str, result: SendResult, attempt: DeliveryAttempt | None) -> None:
        """Note what became of a try; a database that is away is asked again while the lease allows."""
        deadline = time.monotonic() + RECORD_SECONDS
        while True:
            try:
                async with self._recording, self._database.transaction() as session:
                    if await record_result(session, id, result, datetime.now(UTC)) and attempt:
                        await session.merge(attempt)
                return
            except Exception as error:
                if time.monotonic() > deadline:
                    raise
                log.warning("a delivery will be settled later: %s", error)
                await asyncio.sleep(PAUSE_SECONDS)

    async def _send_job(self, job: DeliveryJob) -> SendResult:
        sender = self._senders.get(job.channel.kind)
        if sender is None:
            return NO_SENDER
        try:
            async with asyncio.timeout(ATTEMPT_SECONDS):
                return await sender.send(job)
        except TimeoutError:
            return SendResult("retry", "no response in time")
        except Exception as error:
            log.exception("sending %s failed", job.delivery.id)
            return SendResult("retry", f"{type(error).__name__}: {error}"[:300])


async def record_result(session: AsyncSession, id: str, result: SendResult, now: datetime) -> bool:
    """Note what became of a try; False if the delivery was erased meanwhile.

    A receipt that came in meanwhile is not taken back.
    """
    delivery = await repository.lock_any_delivery(session, id)
    if delivery is None:
        return False
    delivery.attempts += 1
    delivery.error = result.error
    if delivery.state == "due":
        await _apply_result(session, delivery, result, now)
    return True


async def _apply_result(session: AsyncSession, delivery: Delivery, result: SendResult, now: datetime) -> None:
    if result.kind in ("sent", "delivered"):
        delivery.state, delivery.sent_at, delivery.next_at = result.kind, now, None
        delivery.delivered_at = now if result.kind == "delivered" else None
        return
    delivery.next_at = None
    if result.kind == "retry":
        delivery.next_at = next_attempt_at(delivery.attempts, delivery.created_at, now, result.retry_after)
    if result.kind == "channel_gone":
        await _drop_channel(session, delivery, result.error, now)
    elif delivery.next_at is None:
        await _give_up(session, delivery, now)


async def _drop_channel(session: AsyncSession, delivery: Delivery, note: str, now: datetime) -> None:
    """The channel is used up: it stays, inactive, with a note that says why."""
    delivery.state = "dropped"
    channel = await repository.lock_any_channel(session, delivery.channel_id or "")
    if channel and channel.is_active:
        channel.is_active, channel.note = False, note
        await repository.ChannelRepository(session, channel.user_id).drop_waiting(channel.id)
        await failure_reports.report_disabled_channel(session, channel, now)


async def _give_up(session: AsyncSession, delivery: Delivery, now: datetime) -> None:
    delivery.state = "failed"
    channel = await repository.lock_any_channel(session, delivery.channel_id or "")
    if channel:
        await failure_reports.report_failing_channel(session, channel, delivery.error, now)
    failed = record_event(session, events.delivery_failed(delivery))
    record_dead_letter(session, failed, delivery.error)


def _make_attempt(delivery: Delivery, at: datetime, took: float, result: SendResult) -> DeliveryAttempt:
    return DeliveryAttempt(
        id=new_id(),
        delivery_id=delivery.id,
        channel_id=delivery.channel_id or "",
        at=at,
        milliseconds=int(took * 1000),
        status=result.status,
        error=result.error,
    )
