"""The relay carries events from the outbox to Kafka, through the sidecar.

Order: of each key at most one event is under way, and the next one goes only when the sidecar has
acknowledged it; different keys go together, many to a call and several calls at once. A row is
deleted after the acknowledgement, so a crash in between publishes it again under the same id, and
whoever reads drops the repeat (`inbox`).

One relay a database is enough, so replicas elect one (`leadership`). Should two ever run at once,
both publish each key in order from its oldest unacknowledged row: the first occurrences stay in
order, and nothing but repeats is added.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from sqlalchemy import bindparam, delete, select
from sqlmodel import col

from contracts.names import Topic
from servicekit.bulk import Outgoing
from servicekit.database import Database
from servicekit.leadership import leadership
from servicekit.outbox import OutboxRow

BATCH = 500
"""Events in one bulk call. Large calls cost least: one of 200 events less than four of 50."""
BATCH_BYTES = 900_000
"""Bytes in one bulk call, unless one event alone has more; the sidecar takes 4 MiB (dapr.yaml)."""
CALLS = 2
"""Bulk calls under way at once, so that nobody waits for the slowest event of somebody else's call."""
WINDOW = 5_000
"""Rows held in memory at once."""
LATE_ROWS = 1_000
"""How far back each fetch looks again: PostgreSQL gives out `seq` before the commit, so a row can
appear behind one that was already seen."""
RETRY_SECONDS = (0.1, 0.2, 0.5, 1, 2)

log = logging.getLogger(__name__)

_FETCH = (
    select(
        col(OutboxRow.seq),
        col(OutboxRow.topic),
        col(OutboxRow.key),
        col(OutboxRow.event_id),
        col(OutboxRow.payload),
    )
    .where(col(OutboxRow.seq) > bindparam("after"))
    .order_by(col(OutboxRow.seq))
    .limit(bindparam("limit"))
)
_DELETE = delete(OutboxRow).where(col(OutboxRow.seq) == bindparam("acknowledged"))


class Publisher(Protocol):
    """What the relay needs of the sidecar."""

    async def publish_bulk(self, topic: Topic, events: Sequence[Outgoing]) -> set[str]: ...


@dataclass(slots=True)
class _Lane:
    """The waiting events of one key on one topic, oldest first."""

    topic: Topic
    waiting: deque[tuple[int, Outgoing]] = field(default_factory=deque)
    failures: int = 0
    ready_at: float = 0
    under_way: bool = False


class Relay:
    """Publishes the outbox of `database` until cancelled."""

    def __init__(self, database: Database, publisher: Publisher, *, poll_seconds: float = 0.1) -> None:
        self._database = database
        self._publisher = publisher
        self._poll_seconds = poll_seconds
        self._reset()

    def _reset(self) -> None:
        self._lanes: dict[tuple[str, str], _Lane] = {}
        self._known: set[int] = set()
        self._newest = 0
        self._acknowledged: list[int] = []
        self._calls: set[asyncio.Task[None]] = set()
        self._fetched_at = 0.0
        self._more = True

    async def run(self) -> None:
        """Relay for as long as this process leads; wait while another one does."""
        while True:
            try:
                async with leadership(self._database) as still_leading:
                    self._reset()
                    while await still_leading():
                        await self._step()
            except Exception:
                log.exception("relay stopped; starting again")
            finally:
                await self._cancel_calls()
            await asyncio.sleep(1)

    async def drain(self) -> None:
        """Publish until the outbox is empty. For tests and measurements."""
        await self._fetch()
        while self._known:
            await self._step()

    async def _step(self) -> None:
        self._start_calls()
        await self._delete_acknowledged()
        if self._fetch_is_due():
            await self._fetch()
            self._start_calls()
        if not self._acknowledged:
            await self._wait()

    async def _wait(self) -> None:
        written = asyncio.ensure_future(self._database.outbox_written.wait())
        await asyncio.wait(
            {written, *self._calls}, timeout=self._pause(), return_when=asyncio.FIRST_COMPLETED
        )
        written.cancel()

    def _fetch_is_due(self) -> bool:
        if len(self._known) >= WINDOW // 2:
            return False
        poll_is_due = time.monotonic() - self._fetched_at >= self._poll_seconds
        return self._more or poll_is_due or self._database.outbox_written.is_set()

    def _pause(self) -> float:
        now = time.monotonic()
        due = [lane.ready_at - now for lane in self._lanes.values() if lane.failures and not lane.under_way]
        return max(0.005, min([self._poll_seconds, *due]))

    async def _fetch(self) -> None:
        self._database.outbox_written.clear()
        self._fetched_at = time.monotonic()
        bounds = {"after": max(0, self._newest - LATE_ROWS), "limit": WINDOW}
        async with self._database.reading() as session:
            rows = (await session.execute(_FETCH, bounds)).all()
        self._more = len(rows) == WINDOW
        for seq, topic, key, event_id, payload in rows:
            assert seq is not None
            if seq in self._known:
                continue
            self._known.add(seq)
            self._newest = max(self._newest, seq)
            lane = self._lanes.setdefault((topic, key), _Lane(Topic(topic)))
            lane.waiting.append((seq, Outgoing(event_id, key, payload)))

    def _start_calls(self) -> None:
        while len(self._calls) < CALLS:
            batch = self._next_batch()
            if not batch:
                return
            call = asyncio.create_task(self._publish(batch))
            self._calls.add(call)
            call.add_done_callback(self._calls.discard)

    def _next_batch(self) -> list[_Lane]:
        """Lanes of one topic whose oldest event may go now."""
        now = time.monotonic()
        batch: list[_Lane] = []
        size = 0
        for lane in self._lanes.values():
            if lane.under_way or lane.ready_at > now or (batch and lane.topic is not batch[0].topic):
                continue
            size += len(lane.waiting[0][1].payload)
            if batch and size > BATCH_BYTES:
                break
            batch.append(lane)
            if len(batch) == BATCH:
                break
        for lane in batch:
            lane.under_way = True
        return batch

    async def _publish(self, batch: list[_Lane]) -> None:
        events = [lane.waiting[0][1] for lane in batch]
        try:
            failed = await self._publisher.publish_bulk(batch[0].topic, events)
        except Exception as error:
            log.warning("publishing failed, will be tried again: %s", error)
            failed = {event.id for event in events}
        for lane in batch:
            self._settle(lane, failed)

    def _settle(self, lane: _Lane, failed: set[str]) -> None:
        lane.under_way = False
        seq, event = lane.waiting[0]
        name = (lane.topic.value, event.key)
        self._lanes[name] = self._lanes.pop(name)  # to the end: no lane starves
        if event.id in failed:
            lane.ready_at = time.monotonic() + RETRY_SECONDS[min(lane.failures, len(RETRY_SECONDS) - 1)]
            lane.failures += 1
            return
        lane.failures = 0
        lane.waiting.popleft()
        if not lane.waiting:
            del self._lanes[name]
        self._acknowledged.append(seq)

    async def _delete_acknowledged(self) -> None:
        if not self._acknowledged:
            return
        gone, self._acknowledged = self._acknowledged, []
        async with self._database.engine.begin() as connection:
            await connection.execute(_DELETE, [{"acknowledged": seq} for seq in gone])
        self._known.difference_update(gone)

    async def _cancel_calls(self) -> None:
        calls = list(self._calls)
        for call in calls:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)
