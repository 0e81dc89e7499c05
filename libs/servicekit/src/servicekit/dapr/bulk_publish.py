"""Many events in one call, as Dapr's bulk publishing wants them (docs/decisions/0004), and many of one key
in one message (docs/decisions/0030)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import orjson

from contracts.batch import BATCH_TYPE, pack_events
from contracts.event import CLOUD_EVENT_CONTENT_TYPE


@dataclass(frozen=True, slots=True)
class OutboundMessage:
    """One event to publish: a CloudEvent as JSON."""

    id: str
    key: str
    payload: str


def batch_messages(events: Sequence[OutboundMessage], source: str) -> OutboundMessage:
    """One message with all `events`, which have one key; an only one stays as it is.

    Its id names the first and the last, so that two batches have one id only if they hold the same.
    """
    first, last = events[0], events[-1]
    if len(events) == 1:
        return first
    id = f"{first.id}..{last.id}"
    envelope = {
        "specversion": "1.0",
        "id": id,
        "source": source,
        "type": BATCH_TYPE,
        "subject": first.key,
        "time": datetime.now(UTC).isoformat(),
        "datacontenttype": "application/json",
        "partitionkey": first.key,
        "data": {"events_gzip": pack_events(event.payload.encode() for event in events)},
    }
    return OutboundMessage(id, first.key, orjson.dumps(envelope).decode())


def encode_bulk_request(events: Sequence[OutboundMessage]) -> bytes:
    """The body of the call; the payloads go in as they are."""
    return b"[" + b",".join(_encode_entry(event) for event in events) + b"]"


def parse_failed_ids(body: bytes) -> set[str]:
    """Ids of the events that were not taken; empty where the response names none."""
    try:
        return {entry["entryId"] for entry in orjson.loads(body).get("failedEntries", [])}
    except (orjson.JSONDecodeError, KeyError, AttributeError):
        return set()


def _encode_entry(event: OutboundMessage) -> bytes:
    return b'{"entryId":%s,"contentType":"%s","metadata":{"partitionKey":%s},"event":%s}' % (
        orjson.dumps(event.id),
        CLOUD_EVENT_CONTENT_TYPE.encode(),
        orjson.dumps(event.key),
        event.payload.encode(),
    )
