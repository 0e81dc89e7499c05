"""The relay carries events from the outbox to Kafka, through the sidecar.

Order: of each key at most one message is in flight, and the next one goes only when the sidecar has
acknowledged it; different keys go together, many to a call and several calls at once. Where many of one
key wait meanwhile, some go together in one message (`bulk.batch_of`), which is taken whole or not at all.
A row is deleted after the acknowledgement, so a crash in between publishes it again under the same id,
and whoever reads drops the repeat (`inbox`).

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
from itertools import islice
from typing import Protocol

from sqlalchemy import BigInteger, Integer, bindparam, delete, select
from sqlmodel import col

from contracts.batch import BATCHED, MAX_EVENTS
from contracts.names import Topic
from servicekit.dapr.bulk_publish import OutboundMessage, batch_messages
from servicekit.messaging.leader_election import elect_leader
from servicekit.messaging.outbox import OutboxRow
from servicekit.persistence.database import Database
from servicekit.persistence.prepared_queries import ExistsQuery, PreparedQuery

BATCH = 500
"""Messages in one bulk call. Large calls cost least: one of 200 events less than four of 50."""
BATCH_BYTES = 900_000
"""Bytes in one bulk call, unless one event alone has more; the sidecar takes 4 MiB (dapr.yaml)."""
CALLS = 2
"""Bulk calls in flight at once, so that nobody waits for the slowest event of somebody else's call."""
MANY = 10
"""So many events of one key have to wait before they share messages: what a person does by hand doesn't."""
MESSAGE_BYTES = 128 * 1024
"""Bytes of the events in one message before they are packed, unless one event alone has more."""
WINDOW = 5_000
"""Rows held in memory at once."""
LATE_ROWS = 1_000
"""How far back each fetch looks again: PostgreSQL gives out `seq` before the commit, so a row can
appear behind one that was already seen."""
RETRY_SECONDS = (0.1, 0.2, 0.5, 1, 2)
CALM_SECONDS = 1.0
"""Between two looks at the outbox while everybody who records tells of it."""
WATCHFUL_SECONDS = 30.0
"""How long somebody who doesn't is reckoned with: an older replica, or another one on SQLite."""

log = logging.getLogger(__name__)

_OUTBOX = OutboxRow.metadata.tables["outbox"].c
_FETCH = PreparedQuery(
    select(_OUTBOX.seq, _OUTBOX.topic, _OUTBOX.key, _OUTBOX.event_id, _OUTBOX.payload)
    .where(_OUTBOX.seq > bindparam("after", type_=BigInteger))
    .order_by(_OUTBOX.seq)
    .limit(bindparam("limit", type_=Integer))
)
_ANY = ExistsQuery(select(_OUTBOX.seq))
_SEQS = PreparedQuery(
    select(_OUTBOX.seq)
    .where(_OUTBOX.seq > bindparam("after", type_=BigInteger))
    .where(_OUTBOX.seq <= bindparam("newest", type_=BigInteger))
    .order_by(_OUTBOX.seq)
)
_DELETE = delete(OutboxRow).where(col(OutboxRow.seq).in_(bindparam("acknowledged", expanding=True)))
_DELETE_AT_ONCE = "DELETE FROM outbox WHERE seq = ANY($1::bigint[])"
"""PostgreSQL's: a statement is a transaction of its own there."""
DELETED_AT_ONCE = 500


class Publisher(Protocol):
    """What the relay needs of the sidecar."""

    async def publish_bulk(self, topic: Topic, events: Sequence[OutboundMessage]) -> set[str]: ...


@dataclass(slots=True)
class _PartitionQueue:
    """The waiting events of one key on one topic, oldest first."""

    topic: Topic
    waiting: deque[tuple[int, OutboundMessage]] = field(default_factory=deque)
    failures: int = 0
    ready_at: float = 0
    in_flight: int = 0
    """How many of the oldest are in the message that is in flight."""

    def next_run(self, limit: int) -> int:
        """How many of the oldest go together now, of at most `limit`."""
        if self.topic not in BATCHED or len(self.waiting) < MANY:
            return 1
        size = 0
        for number, (_, event) in enumerate(islice(self.waiting, limit)):
            size += len(event.payload)
            if number and size > MESSAGE_BYTES:
                return number
        return min(limit, len(self.waiting))

    def message(self, source: str) -> OutboundMessage:
        """What is in flight."""
        return batch_messages([event for _, event in islice(self.waiting, self.in_flight)], source)


class OutboxRelay:
    """Publishes the outbox of `database` until cancelled.

    poll_seconds: between two looks at the outbox where not everybody tells of what they record.
    events_per_message: how many events of one key go together; 1 for readers that know no batches.
    """

    def __init__(
        self,
        database: Database,
        publisher: Publisher,
        *,
        poll_seconds: float = 0.1,
        events_per_message: int = MAX_EVENTS,
    ) -> None:
        self._database = database
        self._publisher = publisher
        self._poll_seconds = poll_seconds
        self._events_per_message = events_per_message
        self._source = f"/services/{database.app}"
        self._reset()

    def _reset(self) -> None:
        self._queues: dict[tuple[str, str], _PartitionQueue] = {}
        self._known: set[int] = set()
        self._newest = 0
        self._acknowledged: list[int] = []
        self._calls: set[asyncio.Task[None]] = set()
        self._fetched_at = 0.0
        self._more = True
        self._watchful_until = time.monotonic() + WATCHFUL_SECONDS

    async def run(self) -> None:
        """Relay for as long as this process leads; wait while another one does."""
        while True:
            try:
                async with elect_leader(self._database) as still_leading:
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
        poll_is_due = time.monotonic() - self._fetched_at >= self._poll_pause()
        return self._more or poll_is_due or self._database.outbox_written.is_set()

    def _pause(self) -> float:
        now = time.monotonic()
        due = [each.ready_at - now for each in self._queues.values() if each.failures and not each.in_flight]
        return max(0.005, min([self._poll_pause(), *due]))

    def _poll_pause(self) -> float:
        return self._poll_seconds if time.monotonic() < self._watchful_until else CALM_SECONDS

    async def _fetch(self) -> None:
        was_told = self._more or self._database.outbox_written.is_set()
        self._database.outbox_written.clear()
        self._fetched_at = time.monotonic()
        if not was_told and not self._known and not await _ANY.finds(self._database):
            return
        after = await self._find_start()
        rows = await _FETCH.rows(self._database, {"after": after, "limit": WINDOW})
        self._more = len(rows) == WINDOW
        for row in rows:
            seq, topic, key = row["seq"], row["topic"], row["key"]
            if seq in self._known:
                continue
            if not was_told:
                self._watchful_until = self._fetched_at + WATCHFUL_SECONDS
            self._known.add(seq)
            self._newest = max(self._newest, seq)
            queue = self._queues.setdefault((topic, key), _PartitionQueue(Topic(topic)))
            queue.waiting.append((seq, OutboundMessage(row["event_id"], key, row["payload"])))

    async def _find_start(self) -> int:
        """Where to read from: rows that appeared late come again, known ones without need don't."""
        after = max(0, self._newest - LATE_ROWS)
        if not self._known:
            return after
        rows = await _SEQS.rows(self._database, {"after": after, "newest": self._newest})
        late: int | None = next((row["seq"] for row in rows if row["seq"] not in self._known), None)
        return self._newest if late is None else late - 1

    def _start_calls(self) -> None:
        while len(self._calls) < CALLS:
            batch = self._next_batch()
            if not batch:
                return
            call = asyncio.create_task(self._publish(batch))
            self._calls.add(call)
            call.add_done_callback(self._calls.discard)

    def _next_batch(self) -> list[_PartitionQueue]:
        """Queues of one topic whose oldest event may go now."""
        now = time.monotonic()
        batch: list[_PartitionQueue] = []
        size = 0
        for queue in self._queues.values():
            if queue.in_flight or queue.ready_at > now or (batch and queue.topic is not batch[0].topic):
                continue
            run = queue.next_run(self._events_per_message)
            size += sum(len(event.payload) for _, event in islice(queue.waiting, run))
            if batch and size > BATCH_BYTES:
                break
            queue.in_flight = run
            batch.append(queue)
            if len(batch) == BATCH:
                break
        return batch

    async def _publish(self, batch: list[_PartitionQueue]) -> None:
        messages = [queue.message(self._source) for queue in batch]
        try:
            failed = await self._publisher.publish_bulk(batch[0].topic, messages)
        except Exception as error:
            log.warning("publishing failed, will be tried again: %s", error)
            failed = {message.id for message in messages}
        for queue, message in zip(batch, messages, strict=True):
            self._handle_result(queue, message, has_failed=message.id in failed)

    def _handle_result(self, queue: _PartitionQueue, message: OutboundMessage, *, has_failed: bool) -> None:
        sent, queue.in_flight = queue.in_flight, 0
        name = (queue.topic.value, message.key)
        self._queues[name] = self._queues.pop(name)  # to the end: no queue starves
        if has_failed:
            queue.ready_at = time.monotonic() + RETRY_SECONDS[min(queue.failures, len(RETRY_SECONDS) - 1)]
            queue.failures += 1
            return
        queue.failures = 0
        self._acknowledged += [queue.waiting.popleft()[0] for _ in range(sent)]
        if not queue.waiting:
            del self._queues[name]

    async def _delete_acknowledged(self) -> None:
        if not self._acknowledged:
            return
        gone, self._acknowledged = self._acknowledged, []
        if self._database.is_sqlite:
            async with self._database.engine.begin() as connection:
                for start in range(0, len(gone), DELETED_AT_ONCE):
                    await connection.execute(_DELETE, {"acknowledged": gone[start : start + DELETED_AT_ONCE]})
        else:
            async with self._database.driver() as driver:
                await driver.execute(_DELETE_AT_ONCE, gone)
        self._known.difference_update(gone)

    async def _cancel_calls(self) -> None:
        calls = list(self._calls)
        for call in calls:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)
