"""What happens to delivered events: each has its effect once, and none blocks the others.

A batch is handled in one transaction, events that follow one another and have the same batch handler by
one call of it. If that fails, each half of it is, and so on, until what fails is a single event:

* an event that can't be read, or whose handler keeps failing, goes to the dead letters with its
  cause, and counts as done;
* a part that can't be reached (database, sidecar, another service) is nobody's fault: this event
  and all after it are asked for again, so their order stays.
"""

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from itertools import groupby
from typing import Any, Generic, TypeVar

import orjson
from opentelemetry.trace import StatusCode, Tracer
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from contracts.batch import BATCH_TYPE, events_in
from contracts.catalogue import BY_TYPE
from contracts.event import CloudEvent, Event
from contracts.names import Topic
from servicekit import inbox, metrics
from servicekit.database import Database, is_away
from servicekit.dead_letters import dead_letter, storable
from servicekit.sidecar import Sidecar
from servicekit.tracing import event_span, is_sampled

E = TypeVar("E", bound=Event)

PAUSES = (0.05, 0.25)
"""Seconds before each further try of a failing handler. Short: while it waits, so do others."""

TOGETHER = 200
"""Events in one transaction at most, as others wait for what it locks."""

log = logging.getLogger(__name__)


class Status(StrEnum):
    """Dapr's words for what to do with a delivered event."""

    SUCCESS = "SUCCESS"
    RETRY = "RETRY"


@dataclass(frozen=True, slots=True)
class Received(Generic[E]):
    """An event for a handler, and what it works with. `session` is the transaction of the effect."""

    envelope: CloudEvent[E]
    session: AsyncSession
    sidecar: Sidecar

    @property
    def event(self) -> E:
        return self.envelope.data


@dataclass(frozen=True, slots=True)
class ReceivedBatch(Generic[E]):
    """Events that followed one another, oldest first, and what their handler works with, as in `Received`."""

    envelopes: Sequence[CloudEvent[E]]
    session: AsyncSession
    sidecar: Sidecar


@dataclass(frozen=True, slots=True)
class BatchHandler:
    """A handler that takes many events in one call; its effect is that of taking them one by one."""

    handle: Callable[[ReceivedBatch[Any]], Awaitable[None]]


SingleHandler = Callable[[Received[Any]], Awaitable[None]]
Handler = SingleHandler | BatchHandler


class Unreadable(Exception):
    """An event that can't be understood, however often it comes."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event of a batch: as it came and, unless it is unreadable, as what it is."""

    topic: Topic
    raw: Any
    envelope: CloudEvent[Event] | None = None
    cause: str = ""

    @property
    def id(self) -> str:
        if self.envelope:
            return self.envelope.id
        return hashlib.sha256(orjson.dumps(storable(self.raw))).hexdigest()

    @property
    def traceparent(self) -> str:
        """Of the request that caused the event, if even an unreadable one tells it."""
        return str(self.raw.get("traceparent", "")) if isinstance(self.raw, dict) else ""


def read(topic: Topic, raw: Any) -> Delivery:
    """Understand an event. An unknown type is a newer publisher's and not an error."""
    try:
        if raw["type"] == BATCH_TYPE:
            return Delivery(topic, raw, cause="a batch without a list of events, or within another one")
        event = BY_TYPE.get(raw["type"])
        if event is None:
            return Delivery(topic, raw)
        return Delivery(topic, raw, envelope_of(event).model_validate(raw))
    except (KeyError, TypeError) as error:
        return Delivery(topic, raw, cause=f"not a CloudEvent: {error!r}")
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False, include_context=False)
        return Delivery(topic, raw, cause=f"against its schema: {faults}")


def read_all(topic: Topic, raw: Any) -> list[Delivery]:
    """Understand a message: each event of a batch, or the one event it is."""
    return [read(topic, event) for event in events_in(raw)]


def _first_of(batch: Sequence[Delivery], ids: set[str]) -> list[Delivery]:
    """The first delivery of each of these ids, in order."""
    firsts = {delivery.id: delivery for delivery in reversed(batch) if delivery.id in ids}
    return [delivery for delivery in batch if firsts.get(delivery.id) is delivery]


@cache
def envelope_of(event: type[E]) -> type[CloudEvent[E]]:
    """An event's envelope. Kept here: pydantic's own look into its cache costs a third of a validation."""
    return CloudEvent[event]  # type: ignore[valid-type]


@dataclass(frozen=True, slots=True)
class Effects:
    """Runs the handlers of one service on what is delivered to it."""

    database: Database
    sidecar: Sidecar
    tracer: Tracer
    handlers: Mapping[type[Event], Handler]

    async def deliver(self, batch: Sequence[Delivery]) -> list[Status]:
        """Handle `batch` in order; returns one status an event."""
        statuses: list[Status] = []
        for start in range(0, len(batch), TOGETHER):
            statuses += await self._deliver_some(batch[start : start + TOGETHER])
            if statuses[-1] is Status.RETRY:
                return statuses + [Status.RETRY] * (len(batch) - len(statuses))
        return statuses

    async def _deliver_some(self, batch: Sequence[Delivery]) -> list[Status]:
        """Bisect what fails: one bad event among n costs 2 log2(n) more transactions, not n."""
        try:
            if len(batch) == 1:
                await self._handle_or_bury(batch[0])
            else:
                await self._handle_together(batch)
        except Exception as error:
            if not is_away(error):
                return await self._deliver_halves(batch)
            log.warning("events will be asked for again: %s", error)
            return [Status.RETRY] * len(batch)
        return [Status.SUCCESS] * len(batch)

    async def _deliver_halves(self, batch: Sequence[Delivery]) -> list[Status]:
        middle = len(batch) // 2
        statuses = await self._deliver_some(batch[:middle])
        if Status.RETRY in statuses:
            return statuses + [Status.RETRY] * (len(batch) - middle)
        return statuses + await self._deliver_some(batch[middle:])

    async def replay(self, delivery: Delivery) -> bool:
        """Handle an event out of the dead letters; False if it had its effect before, or has none here.

        Raises what its handler raises: it is not dead-lettered once more, whoever asked is told.
        """
        return await self._handle_together([delivery]) > 0

    async def _handle_together(self, batch: Sequence[Delivery]) -> int:
        """Handle all of `batch` in one transaction; returns how many were new."""
        known = [delivery for delivery in batch if self._handler(delivery)]
        if any(delivery.cause for delivery in batch):
            raise Unreadable
        if not known:
            return 0
        async with self.database.transaction() as session:
            fresh = await inbox.claim(session, self.database.app, [delivery.id for delivery in known])
            new = len(fresh)
            metrics.INBOX_DUPLICATES.inc(len(known) - new)
            for handler, run in groupby(_first_of(known, fresh), self._handler):
                await self._run(session, handler, list(run))
        return new

    async def _run(self, session: AsyncSession, handler: Handler | None, run: Sequence[Delivery]) -> None:
        """Handle events that follow one another and have one handler."""
        assert handler
        topic, envelopes = run[0].topic, [delivery.envelope for delivery in run if delivery.envelope]
        if isinstance(handler, BatchHandler):
            with self._spans(topic, envelopes):
                await handler.handle(ReceivedBatch(envelopes, session, self.sidecar))
            return
        for envelope in envelopes:
            with self._spans(topic, [envelope]):
                await handler(Received(envelope, session, self.sidecar))

    @contextmanager
    def _spans(self, topic: Topic, envelopes: Sequence[CloudEvent[Event]]) -> Iterator[None]:
        """A span in the trace of each event; of many, only in traces that are recorded."""
        with ExitStack() as spans:
            for envelope in envelopes:
                if len(envelopes) == 1 or is_sampled(envelope.traceparent):
                    span = event_span(self.tracer, topic, envelope.id, envelope.traceparent)
                    spans.enter_context(span).set_attribute("todo.event.type", envelope.type)
            yield

    def _handler(self, delivery: Delivery) -> Handler | None:
        return self.handlers.get(type(delivery.envelope.data)) if delivery.envelope else None

    async def _handle_or_bury(self, delivery: Delivery) -> None:
        for pause in (*PAUSES, None):
            try:
                await self._handle_together([delivery])
                return
            except Unreadable:
                await self._bury(delivery, delivery.cause)
                return
            except Exception as error:
                if is_away(error):
                    raise
                log.warning("handler failed", exc_info=error)
                if pause is None:
                    await self._bury(delivery, f"{type(error).__name__}: {error}")
                    return
                await asyncio.sleep(pause)

    async def _bury(self, delivery: Delivery, cause: str) -> None:
        """Publish `delivery` to the dead letters; a repeat has the same id and is parked once."""
        letter = dead_letter(self.database.app, delivery.topic, delivery.id, delivery.raw, cause)
        with event_span(self.tracer, delivery.topic, delivery.id, delivery.traceparent) as span:
            span.set_status(StatusCode.ERROR, cause)
            await self.sidecar.publish(Topic.DEAD_LETTERS, letter)
            metrics.DEAD_LETTERS.labels(delivery.topic.value).inc()
            log.error("dead letter %s from %s: %s", delivery.id, delivery.topic, cause)
