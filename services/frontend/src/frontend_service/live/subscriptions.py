"""Events in: every replica hears everything, for the open pages it serves.

A live event has no effect that could be doubled or lost: a page that missed one reads the state again.
So there is no inbox here, and what can't be read is passed over; it is the other consumers' to bury.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import orjson
from fastapi import FastAPI
from pydantic import ValidationError

from contracts.batch import unpack_events
from contracts.catalogue import BY_TYPE
from contracts.event import CloudEvent, Event
from contracts.names import BROADCAST, Topic
from frontend_service.live.broker import TOPICS, LiveEvent, SseBroker
from servicekit.messaging.consumer import DeliveryStatus, InboundMessage, get_envelope_type
from servicekit.messaging.subscriptions import BulkDaprApp

READ_EVENTS = 512
"""How many of the latest events stay read, for the other pages that show them."""


@dataclass(frozen=True, slots=True)
class UnreadEvent(LiveEvent):
    """An event whose `data` is its whole CloudEvent, read only when a page is told of it.

    Most events are of people who have no page open, and an import's come by the thousand.
    """

    def encode(self, cursor: str) -> bytes:
        data = _read_data(self.type, self.data)
        if data is None:
            return b": unreadable\n\n"
        return LiveEvent(self.id, self.type, data, self.topic).encode(cursor)


@lru_cache(maxsize=READ_EVENTS)
def _read_data(event_type: str, cloud_event: str) -> str | None:
    """The data of an event as its contract has it, as JSON; None if it isn't what its contract says."""
    try:
        event: CloudEvent[Event] = get_envelope_type(BY_TYPE[event_type]).model_validate_json(cloud_event)
        return event.data.model_dump_json()
    except ValidationError:
        return None


def mount(app: FastAPI, broker: SseBroker) -> None:
    """Subscribe `app` to what open pages show."""

    async def deliver(batch: Sequence[InboundMessage]) -> list[DeliveryStatus]:
        for delivery in batch:
            _publish(broker, delivery)
        return [DeliveryStatus.SUCCESS] * len(batch)

    dapr = BulkDaprApp(app)
    for topic in TOPICS:
        dapr.subscribe_bulk(BROADCAST, topic, deliver, _split_batch)


def _split_batch(topic: Topic, message: Any) -> list[InboundMessage]:
    """The events of a message, not read yet."""
    return [InboundMessage(topic, event) for event in unpack_events(message)]


def _publish(broker: SseBroker, delivery: InboundMessage) -> None:
    match delivery.raw:
        case {"id": str(id), "type": str(type), "partitionkey": str(user_id)} if type in BY_TYPE:
            with suppress(orjson.JSONEncodeError):  # half a surrogate pair, for one
                event = orjson.dumps(delivery.raw).decode()
                broker.publish(user_id, UnreadEvent(id, type, event, delivery.topic))
