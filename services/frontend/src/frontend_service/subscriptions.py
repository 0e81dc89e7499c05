"""Events in: every replica hears everything, for the open pages it serves.

A live event has no effect that could be doubled or lost: a page that missed one reads the state again.
So there is no inbox here, and what can't be read is passed over; it is the other consumers' to bury.
"""

from collections.abc import Sequence

from fastapi import FastAPI

from contracts.names import BROADCAST, Topic
from frontend_service.live import Hub, LiveEvent
from servicekit.deliveries import Delivery, Status
from servicekit.subscriptions import BulkDaprApp

TOPICS = (Topic.TODO_EVENTS, Topic.NOTIFICATION_EVENTS)


def mount(app: FastAPI, hub: Hub) -> None:
    """Subscribe `app` to what open pages show."""

    async def deliver(batch: Sequence[Delivery]) -> list[Status]:
        for delivery in batch:
            if delivery.envelope:
                event = delivery.envelope
                hub.publish(event.partitionkey, LiveEvent(event.id, event.type, event.data.model_dump_json()))
        return [Status.SUCCESS] * len(batch)

    dapr = BulkDaprApp(app)
    for topic in TOPICS:
        dapr.subscribe_bulk(BROADCAST, topic, deliver)
