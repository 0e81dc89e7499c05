"""Events in: every replica hears everything, for the open pages it serves.

A live event has no effect that could be doubled or lost: a page that missed one reads the state again.
So there is no inbox here, and what can't be read is passed over; it is the other consumers' to bury.
"""

from collections.abc import Sequence

from fastapi import FastAPI

from contracts.names import BROADCAST
from frontend_service.live import LANES, Hub, LiveEvent
from servicekit.deliveries import Delivery, Status
from servicekit.subscriptions import BulkDaprApp


def mount(app: FastAPI, hub: Hub) -> None:
    """Subscribe `app` to what open pages show."""

    async def deliver(batch: Sequence[Delivery]) -> list[Status]:
        for delivery in batch:
            if delivery.envelope:
                event = delivery.envelope
                data = event.data.model_dump_json()
                hub.publish(event.partitionkey, LiveEvent(event.id, event.type, data, delivery.topic))
        return [Status.SUCCESS] * len(batch)

    dapr = BulkDaprApp(app)
    for topic in LANES:
        dapr.subscribe_bulk(BROADCAST, topic, deliver)
