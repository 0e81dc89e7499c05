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

from contracts.batch import BATCH_TYPE, unpack_events
from contracts.catalogue import BY_TYPE
from contracts.event import CloudEvent, Event
from contracts.names import Topic
from servicekit.dapr.sidecar import Sidecar
from servicekit.messaging import processed_messages
from servicekit.messaging.dead_letters import build_dead_letter, sanitize_json
from servicekit.observability import metrics
from servicekit.observability.tracing import is_sampled, start_event_span
from servicekit.persistence.database import Database, is_unavailable

E = TypeVar("E", bound=Event)

RETRY_DELAYS = (0.05, 0.25)
"""Seconds before each further try of a failing handler. Short: while it waits, so do others."""

MAX_TRANSACTION_EVENTS = 200
"""Events in one transaction at most, as others wait for what it locks."""

log = logging.getLogger(__name__)


class DeliveryStatus(StrEnum):
    """Dapr's words for what to do with a delivered event."""

    SUCCESS = "SUCCESS"
    RETRY = "RETRY"


@dataclass(frozen=True, slots=True)
class EventContext(Generic[E]):
    """An event for a handler, and what it works with. `session` is the transaction of the effect."""

    envelope: CloudEvent[E]
    session: AsyncSession
    sidecar: Sidecar

    @property
    def event(self) -> E:
        return self.envelope.data


@dataclass(frozen=True, slots=True)
class EventBatchContext(Generic[E]):
    """Events that followed one another, oldest first, and what their handler works with, as in `Received`."""

    envelopes: Sequence[CloudEvent[E]]
    session: AsyncSession
    sidecar: Sidecar


@dataclass(frozen=True, slots=True)
class BatchHandler:
    """A handler that takes many events in one call; its effect is that of taking them one by one."""

    handle: Callable[[EventBatchContext[Any]], Awaitable[None]]


SingleHandler = Callable[[EventContext[Any]], Awaitable[None]]
Handler = SingleHandler | BatchHandler


class MalformedMessage(Exception):
    """An event that can't be understood, however often it comes."""


@dataclass(frozen=True, slots=True)
class InboundMessage:
    """One event of a batch: as it came and, unless it is unreadable, as what it is."""

    topic: Topic
    raw: Any
    envelope: CloudEvent[Event] | None = None
    cause: str = ""

    @property
    def id(self) -> str:
        if self.envelope:
            return self.envelope.id
        return hashlib.sha256(orjson.dumps(sanitize_json(self.raw))).hexdigest()

    @property
    def traceparent(self) -> str:
        """Of the request that caused the event, if even an unreadable one tells it."""
        return str(self.raw.get("traceparent", "")) if isinstance(self.raw, dict) else ""


def parse_message(topic: Topic, raw: Any) -> InboundMessage:
    """Understand an event. An unknown type is a newer publisher's and not an error."""
    try:
        if raw["type"] == BATCH_TYPE:
            return InboundMessage(topic, raw, cause="a batch without a list of events, or within another one")
        event = BY_TYPE.get(raw["type"])
        if event is None:
            return InboundMessage(topic, raw)
        return InboundMessage(topic, raw, get_envelope_type(event).model_validate(raw))
    except (KeyError, TypeError) as error:
        return InboundMessage(topic, raw, cause=f"not a CloudEvent: {error!r}")
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False, include_context=False)
        return InboundMessage(topic, raw, cause=f"against its schema: {faults}")


def parse_messages(topic: Topic, raw: Any) -> list[InboundMessage]:
    """Understand a message: each event of a batch, or the one event it is."""
    return [parse_message(topic, event) for event in unpack_events(raw)]


def _deduplicate(batch: Sequence[InboundMessage], ids: set[str]) -> list[InboundMessage]:
    """The first message of each of these ids, in order."""
    firsts = {message.id: message for message in reversed(batch) if message.id in ids}
    return [message for message in batch if firsts.get(message.id) is message]


@cache
def get_envelope_type(event: type[E]) -> type[CloudEvent[E]]:
    """An event's envelope. Kept here: pydantic's own look into its cache costs a third of a validation."""
    return CloudEvent[event]  # type: ignore[valid-type]


@dataclass(frozen=True, slots=True)
class EventConsumer:
    """Runs the handlers of one service on what is delivered to it."""

    database: Database
    sidecar: Sidecar
    tracer: Tracer
    handlers: Mapping[type[Event], Handler]

    async def consume(self, batch: Sequence[InboundMessage]) -> list[DeliveryStatus]:
        """Handle `batch` in order; returns one status an event."""
        statuses: list[DeliveryStatus] = []
        for start in range(0, len(batch), MAX_TRANSACTION_EVENTS):
            statuses += await self._consume_some(batch[start : start + MAX_TRANSACTION_EVENTS])
            if statuses[-1] is DeliveryStatus.RETRY:
                return statuses + [DeliveryStatus.RETRY] * (len(batch) - len(statuses))
        return statuses

    async def _consume_some(self, batch: Sequence[InboundMessage]) -> list[DeliveryStatus]:
        """Bisect what fails: one bad event among n costs 2 log2(n) more transactions, not n."""
        try:
            if len(batch) == 1:
                await self._handle_or_dead_letter(batch[0])
            else:
                await self._handle_together(batch)
        except Exception as error:
            if not is_unavailable(error):
                return await self._consume_halves(batch)
            log.warning("events will be asked for again: %s", error)
            return [DeliveryStatus.RETRY] * len(batch)
        return [DeliveryStatus.SUCCESS] * len(batch)

    async def _consume_halves(self, batch: Sequence[InboundMessage]) -> list[DeliveryStatus]:
        middle = len(batch) // 2
        statuses = await self._consume_some(batch[:middle])
        if DeliveryStatus.RETRY in statuses:
            return statuses + [DeliveryStatus.RETRY] * (len(batch) - middle)
        return statuses + await self._consume_some(batch[middle:])

    async def replay(self, message: InboundMessage) -> bool:
        """Handle an event out of the dead letters; False if it had its effect before, or has none here.

        Raises what its handler raises: it is not dead-lettered once more, whoever asked is told.
        """
        return await self._handle_together([message]) > 0

    async def _handle_together(self, batch: Sequence[InboundMessage]) -> int:
        """Handle all of `batch` in one transaction; returns how many were new."""
        known = [message for message in batch if self._handler(message)]
        if any(message.cause for message in batch):
            raise MalformedMessage
        if not known:
            return 0
        async with self.database.transaction() as session:
            fresh = await processed_messages.claim_messages(
                session, self.database.app, [message.id for message in known]
            )
            new = len(fresh)
            metrics.INBOX_DUPLICATES.inc(len(known) - new)
            for handler, run in groupby(_deduplicate(known, fresh), self._handler):
                await self._run(session, handler, list(run))
        return new

    async def _run(
        self, session: AsyncSession, handler: Handler | None, run: Sequence[InboundMessage]
    ) -> None:
        """Handle events that follow one another and have one handler."""
        assert handler
        topic, envelopes = run[0].topic, [message.envelope for message in run if message.envelope]
        if isinstance(handler, BatchHandler):
            with self._spans(topic, envelopes):
                await handler.handle(EventBatchContext(envelopes, session, self.sidecar))
            return
        for envelope in envelopes:
            with self._spans(topic, [envelope]):
                await handler(EventContext(envelope, session, self.sidecar))

    @contextmanager
    def _spans(self, topic: Topic, envelopes: Sequence[CloudEvent[Event]]) -> Iterator[None]:
        """A span in the trace of each event; of many, only in traces that are recorded."""
        with ExitStack() as spans:
            for envelope in envelopes:
                if len(envelopes) == 1 or is_sampled(envelope.traceparent):
                    span = start_event_span(self.tracer, topic, envelope.id, envelope.traceparent)
                    spans.enter_context(span).set_attribute("todo.event.type", envelope.type)
            yield

    def _handler(self, message: InboundMessage) -> Handler | None:
        return self.handlers.get(type(message.envelope.data)) if message.envelope else None

    async def _handle_or_dead_letter(self, message: InboundMessage) -> None:
        for pause in (*RETRY_DELAYS, None):
            try:
                await self._handle_together([message])
                return
            except MalformedMessage:
                await self._dead_letter(message, message.cause)
                return
            except Exception as error:
                if is_unavailable(error):
                    raise
                log.warning("handler failed", exc_info=error)
                if pause is None:
                    await self._dead_letter(message, f"{type(error).__name__}: {error}")
                    return
                await asyncio.sleep(pause)

    async def _dead_letter(self, message: InboundMessage, cause: str) -> None:
        """Publish `message` to the dead letters; a redelivery has the same id and is stored once."""
        dead_letter = build_dead_letter(self.database.app, message.topic, message.id, message.raw, cause)
        with start_event_span(self.tracer, message.topic, message.id, message.traceparent) as span:
            span.set_status(StatusCode.ERROR, cause)
            await self.sidecar.publish(Topic.DEAD_LETTERS, dead_letter)
            metrics.DEAD_LETTERS.labels(message.topic.value).inc()
            log.error("dead letter %s from %s: %s", message.id, message.topic, cause)
