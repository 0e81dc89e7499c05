"""Events in: the door daprd delivers to.

Handlers are registered by event class; one subscription a topic is told to Dapr through `DaprApp`,
always with the dead-letter topic. Each message comes in a call of its own, as soon as it is there; what
comes at once shares a transaction. One message of a partition is under way at a time, and a user's events
are in one partition: so what goes together is of different users, and each user's events stay in order.

Only the dead-letter topic itself has none: it is read raw, and asked for again until it is parked.
"""

import base64
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, TypeVar

import orjson
from dapr.ext.fastapi import DaprApp
from fastapi import FastAPI, Request
from sqlalchemy.ext.asyncio import AsyncSession

from contracts.event import Event
from contracts.names import PUBSUB, Topic
from overload.gathering import Gathering
from servicekit.database import Database
from servicekit.dead_letters import storable
from servicekit.deliveries import (
    BatchHandler,
    Delivery,
    Handler,
    Received,
    ReceivedBatch,
    SingleHandler,
    Status,
    read_all,
)

E = TypeVar("E", bound=Event)
RawHandler = Callable[[AsyncSession, Any], Awaitable[None]]
Deliver = Callable[[Sequence[Delivery]], Awaitable[list[Status]]]
ReadMessage = Callable[[Topic, Any], list[Delivery]]
"""Makes deliveries of a message: one for each of its events."""

log = logging.getLogger(__name__)


class Subscriptions:
    """The events a service listens to."""

    def __init__(self) -> None:
        self.handlers: dict[type[Event], Handler] = {}
        self.only_replayed: set[type[Event]] = set()
        self.raw_handlers: dict[Topic, RawHandler] = {}

    def on(self, event: type[E]) -> Callable[[Callable[[Received[E]], Awaitable[None]]], SingleHandler]:
        """Register a handler for one event class."""

        def register(handler: Callable[[Received[E]], Awaitable[None]]) -> SingleHandler:
            self._add(event, handler)
            return handler

        return register

    def on_batch(
        self, *events: type[E]
    ) -> Callable[[Callable[[ReceivedBatch[E]], Awaitable[None]]], BatchHandler]:
        """Register a handler for some event classes that takes what follows one another in one call."""

        def register(handle: Callable[[ReceivedBatch[E]], Awaitable[None]]) -> BatchHandler:
            handler = BatchHandler(handle)
            for event in events:
                self._add(event, handler)
            return handler

        return register

    def on_replay(
        self, event: type[E]
    ) -> Callable[[Callable[[Received[E]], Awaitable[None]]], SingleHandler]:
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


def listen(
    app: FastAPI, pubsub: str, topics: Iterable[Topic], deliver: Deliver, read_message: ReadMessage = read_all
) -> DaprApp:
    """Have `topics` delivered; what fails for good goes to the dead-letter topic."""
    dapr = DaprApp(app)
    for topic in topics:
        receive = _door(topic, deliver, read_message)
        dapr.subscribe(pubsub, topic.value, dead_letter_topic=Topic.DEAD_LETTERS.value)(receive)
    return dapr


def _door(
    topic: Topic, deliver: Deliver, read_message: ReadMessage
) -> Callable[[Request], Awaitable[dict[str, Any]]]:
    async def receive(request: Request) -> dict[str, Any]:
        body = await _read_json(request)
        if isinstance(body, dict) and "entries" in body:
            return await _receive_bulk(body["entries"], topic, deliver, read_message)
        return {"status": _status_of(await deliver(read_message(topic, body)))}

    return receive


def mount(app: FastAPI, listens: Subscriptions, deliver: Deliver, database: Database) -> None:
    """Subscribe `app` to what it listens to."""
    dapr = listen(app, PUBSUB, listens.topics, Gathering(deliver))
    for topic, handler in listens.raw_handlers.items():
        dapr.subscribe(PUBSUB, topic.value, metadata={"rawPayload": "true"})(_raw_door(handler, database))


def _raw_door(handler: RawHandler, database: Database) -> Callable[[Request], Awaitable[dict[str, str]]]:
    async def receive(request: Request) -> dict[str, str]:
        message = storable(raw_message(await request.json()))
        async with database.transaction() as session:
            await handler(session, message)
        return {"status": Status.SUCCESS}

    return receive


def raw_message(wrapped: dict[str, Any]) -> Any:
    """What daprd wrapped: JSON if it is that, else the bytes in base64."""
    encoded = wrapped.get("data_base64", "")
    try:
        return orjson.loads(base64.b64decode(encoded)) if encoded else wrapped.get("data")
    except orjson.JSONDecodeError:
        return encoded


async def _receive_bulk(
    entries: Sequence[dict[str, Any]], topic: Topic, deliver: Deliver, read_message: ReadMessage
) -> dict[str, Any]:
    """Take a batch of a sidecar that was told to send batches: by the app before it was reloaded, say.

    A message has to come again if one of its events has to.
    """
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


def _status_of(events: Sequence[Status]) -> Status:
    return Status.RETRY if Status.RETRY in events else Status.SUCCESS
