"""Events in: every replica hears everything, for the open pages it serves.

A live event has no effect that could be doubled or lost: a page that missed one reads the state again.
So there is no inbox here, and what can't be read is passed over; it is the other consumers' to dead-letter.
"""

import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import orjson
from fastapi import FastAPI
from pydantic import ValidationError

from contracts.batch import unpack_events
from contracts.catalogue import BY_TYPE
from contracts.event import CloudEvent, Event
from contracts.names import BROADCAST, Topic
from frontend_service.live.broker import SseBroker
from frontend_service.live.event_log import TOPICS, LiveEvent
from servicekit.messaging.consumer import DeliveryStatus, InboundMessage, get_envelope_type
from servicekit.messaging.subscriptions import BulkDaprApp


@dataclass(slots=True, eq=False)
class UnreadEvent(LiveEvent):
    """An event whose `data` is its whole CloudEvent, until a page is told of it: then what pages get.

    Most events are of people who have no page open, and an import's come by the thousand.
    """

    is_read: bool = False

    def encode(self, cursor: str) -> bytes:
        if not self.is_read:
            self.data, self.is_read = _read_data(self.type, self.data), True
        return LiveEvent.encode(self, cursor) if self.data else b": unreadable\n\n"


def _read_data(event_type: str, cloud_event: bytes) -> bytes:
    """The data of an event as its contract has it, as JSON; empty if it isn't what its contract says."""
    try:
        event: CloudEvent[Event] = get_envelope_type(BY_TYPE[event_type]).model_validate_json(cloud_event)
        return event.data.model_dump_json().encode()
    except ValidationError:
        return b""


def mount(app: FastAPI, broker: SseBroker) -> None:
    """Subscribe `app` to what open pages show."""

    async def deliver(batch: Sequence[InboundMessage]) -> list[DeliveryStatus]:
        for delivery in batch:
            publish_message(broker, delivery)
        return [DeliveryStatus.SUCCESS] * len(batch)

    dapr = BulkDaprApp(app)
    for topic in TOPICS:
        dapr.subscribe_bulk(BROADCAST, topic, deliver, _split_batch)


def _split_batch(topic: Topic, message: Any) -> list[InboundMessage]:
    """The events of a message, not read yet."""
    return [InboundMessage(topic, event) for event in unpack_events(message)]


def publish_message(broker: SseBroker, delivery: InboundMessage) -> None:
    """Hand an event to its user's streams; what is none, or of a type not known, is passed over."""
    match delivery.raw:
        case {"id": str(id), "type": str(type), "partitionkey": str(user_id)} if type in BY_TYPE:
            with suppress(orjson.JSONEncodeError):  # half a surrogate pair, for one
                # A copy: orjson writes into 8 KiB and gives back the rest, in pieces too small for the next.
                data = memoryview(orjson.dumps(delivery.raw)).tobytes()
                broker.publish(user_id, UnreadEvent(id, sys.intern(type), data, delivery.topic))
