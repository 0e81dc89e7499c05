"""Subscriptions: the endpoints daprd delivers events to.

Handlers are registered by event class; one subscription a topic is told to Dapr through `DaprApp`,
always with the dead-letter topic, and in bulk: a batch shares one HTTP call and one transaction.

Only the dead-letter topic itself has none: it is read raw, and asked for again until it is parked.
"""

import base64
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

import orjson
from dapr.ext.fastapi import DaprApp
from fastapi import FastAPI, Request
from sqlalchemy.ext.asyncio import AsyncSession

from contracts.event import Event
from contracts.names import PUBSUB, Topic
from servicekit.messaging.consumer import (
    BatchHandler,
    DeliveryStatus,
    EventBatchContext,
    EventContext,
    Handler,
    InboundMessage,
    SingleHandler,
    parse_messages,
)
from servicekit.messaging.dead_letters import sanitize_json
from servicekit.persistence.database import Database

BULK_MAX_MESSAGES = 100
BULK_MAX_AWAIT_MS = 20
"""Dapr hands over what has come when this time is up, so it adds half of it to the latency."""

E = TypeVar("E", bound=Event)
RawHandler = Callable[[AsyncSession, Any], Awaitable[None]]
Deliver = Callable[[Sequence[InboundMessage]], Awaitable[list[DeliveryStatus]]]
ReadMessage = Callable[[Topic, Any], list[InboundMessage]]
"""Makes deliveries of a message: one for each of its events."""

log = logging.getLogger(__name__)


class Subscriptions:
    """The events a service listens to."""

    def __init__(self) -> None:
        self.handlers: dict[type[Event], Handler] = {}
        self.only_replayed: set[type[Event]] = set()
        self.raw_handlers: dict[Topic, RawHandler] = {}

    def on(self, event: type[E]) -> Callable[[Callable[[EventContext[E]], Awaitable[None]]], SingleHandler]:
        """Register a handler for one event class."""

        def register(handler: Callable[[EventContext[E]], Awaitable[None]]) -> SingleHandler:
            self._add(event, handler)
            return handler

        return register

    def on_batch(
        self, *events: type[E]
    ) -> Callable[[Callable[[EventBatchContext[E]], Awaitable[None]]], BatchHandler]:
        """Register a handler for some event classes that takes what follows one another in one call."""

        def register(handle: Callable[[EventBatchContext[E]], Awaitable[None]]) -> BatchHandler:
            handler = BatchHandler(handle)
            for event in events:
                self._add(event, handler)
            return handler

        return register

    def on_replay(
        self, event: type[E]
    ) -> Callable[[Callable[[EventContext[E]], Awaitable[None]]], SingleHandler]:
        """Register a handler for an event class that comes from the dead letters only."""
        self.only_replayed.add(event)
        return self.on(event)

    def on_raw(self, topic: Topic) -> Callable[[RawHandler], RawHandler]:
        """Register a handler that takes every message of `topic`, JSON or not, as it is."""

        def register(handler: RawHandler) -> RawHandler:
            self.raw_handlers[topic] = handler
            return handler

        return register

    def _add(self, event: type[Event], handler: Handler) -> None:
        if event in self.handlers:
            raise ValueError(f"{event.__name__} has a handler already")
        self.handlers[event] = handler

    @property
    def topics(self) -> list[Topic]:
        return sorted({event.topic for event in self.handlers if event not in self.only_replayed})


class BulkDaprApp(DaprApp):
    """`DaprApp` that can ask for bulk delivery, which the SDK's own decorator has no word for."""

    def subscribe_bulk(
        self, pubsub: str, topic: Topic, deliver: Deliver, read_message: ReadMessage = parse_messages
    ) -> None:
        """Deliver `topic` in batches; what fails for good goes to the dead-letter topic."""

        async def receive(request: Request) -> dict[str, Any]:
            return await _receive(request, topic, deliver, read_message)

        self.subscribe(pubsub, topic.value, dead_letter_topic=Topic.DEAD_LETTERS.value)(receive)
        self._subscriptions[-1]["bulkSubscribe"] = {
            "enabled": True,
            "maxMessagesCount": BULK_MAX_MESSAGES,
            "maxAwaitDurationMs": BULK_MAX_AWAIT_MS,
        }


def mount_subscriptions(app: FastAPI, listens: Subscriptions, deliver: Deliver, database: Database) -> None:
    """Subscribe `app` to what it listens to."""
    dapr = BulkDaprApp(app)
    for topic in listens.topics:
        dapr.subscribe_bulk(PUBSUB, topic, deliver)
    for topic, handler in listens.raw_handlers.items():
        dapr.subscribe(PUBSUB, topic.value, metadata={"rawPayload": "true"})(_raw_endpoint(handler, database))


def _raw_endpoint(handler: RawHandler, database: Database) -> Callable[[Request], Awaitable[dict[str, str]]]:
    async def receive(request: Request) -> dict[str, str]:
        message = sanitize_json(parse_raw_message(await request.json()))
        async with database.transaction() as session:
            await handler(session, message)
        return {"status": DeliveryStatus.SUCCESS}

    return receive


def parse_raw_message(wrapped: dict[str, Any]) -> Any:
    """What daprd wrapped: JSON if it is that, else the bytes in base64."""
    encoded = wrapped.get("data_base64", "")
    try:
        return orjson.loads(base64.b64decode(encoded)) if encoded else wrapped.get("data")
    except orjson.JSONDecodeError:
        return encoded


async def _receive(
    request: Request, topic: Topic, deliver: Deliver, read_message: ReadMessage
) -> dict[str, Any]:
    """Hand over all events of all messages; a message has to come again if one of its events has to."""
    entries = (await _read_json(request))["entries"]
    messages = [read_message(topic, entry.get("event")) for entry in entries]
    statuses = iter(await deliver([delivery for message in messages for delivery in message]))
    return {
        "statuses": [
            {"entryId": entry["entryId"], "status": _status_of([next(statuses) for _ in message])}
            for entry, message in zip(entries, messages, strict=True)
        ]
    }


async def _read_json(request: Request) -> Any:
    """The body. What orjson refuses (half a surrogate pair, `NaN`) is for the dead letters to show."""
    try:
        return orjson.loads(await request.body())
    except orjson.JSONDecodeError:
        return await request.json()


def _status_of(events: Sequence[DeliveryStatus]) -> DeliveryStatus:
    return DeliveryStatus.RETRY if DeliveryStatus.RETRY in events else DeliveryStatus.SUCCESS
