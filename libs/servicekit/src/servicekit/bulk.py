"""Many events in one call, as Dapr's bulk publishing wants them (docs/decisions/0004)."""

from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from contracts.event import CLOUD_EVENT_CONTENT_TYPE


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One event to publish: a CloudEvent as JSON."""

    id: str
    key: str
    payload: str


def encoded(events: Sequence[Outgoing]) -> bytes:
    """The body of the call; the payloads go in as they are."""
    return b"[" + b",".join(_entry(event) for event in events) + b"]"


def failed(body: bytes) -> set[str]:
    """Ids of the events that were not taken; empty where the answer names none."""
    try:
        return {entry["entryId"] for entry in orjson.loads(body).get("failedEntries", [])}
    except (orjson.JSONDecodeError, KeyError, AttributeError):
        return set()


def _entry(event: Outgoing) -> bytes:
    return b'{"entryId":%s,"contentType":"%s","metadata":{"partitionKey":%s},"event":%s}' % (
        orjson.dumps(event.id),
        CLOUD_EVENT_CONTENT_TYPE.encode(),
        orjson.dumps(event.key),
        event.payload.encode(),
    )
