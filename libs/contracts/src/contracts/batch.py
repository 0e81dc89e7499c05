"""Several events of one user in one message: how an import of thousands of tasks is told.

The message is a CloudEvent of the type `BATCH_TYPE`. Its events are CloudEvents, oldest first, each as it
would be alone: as a list in `data.events`, or that list as JSON, packed by gzip (RFC 1952) and in base64, in
`data.events_gzip`. A sidecar reads and writes the JSON of each message anew, several times on its way; the
packed list is a sixth as long, and one text. The `id` of a message says nothing of its events; a reader
remembers theirs.
"""

import base64
import binascii
import gzip
import zlib
from collections.abc import Iterable
from typing import Any, Final

from pydantic_core import from_json

from contracts.names import Topic

BATCH_TYPE: Final = "todo.event-batch.v1"
BATCHED: Final = frozenset({Topic.TODO_EVENTS})
"""Topics with such messages: where a single request can cause thousands of events. `user-events` is none, so
that the end of an account never shares a dead letter with data that goes with the account."""
MAX_EVENTS: Final = 100
MOST_BYTES: Final = 4 * 1024 * 1024
"""Unpacked; a message has a 64th of it as a rule."""
FASTEST: Final = 1
"""Of gzip's levels. Events of one user are so much alike that the others win little."""
_GZIP: Final = 16
"""To zlib: with the head and the tail of gzip."""


def pack_events(events: Iterable[bytes]) -> str:
    """`data.events_gzip` of events that are JSON already."""
    return base64.b64encode(gzip.compress(b"[" + b",".join(events) + b"]", FASTEST, mtime=0)).decode()


def unpack_events(message: Any) -> list[Any]:
    """The CloudEvents that a message carries: those of a batch, or the message itself."""
    if not isinstance(message, dict) or message.get("type") != BATCH_TYPE:
        return [message]
    data = message.get("data")
    if not isinstance(data, dict):
        return [message]
    events = data.get("events") or _unpacked(data.get("events_gzip"))
    return events if isinstance(events, list) and events else [message]


def _unpacked(text: Any) -> Any:
    """What `packed` packed; None for anything else, and for what would fill the memory."""
    if not isinstance(text, str):
        return None
    try:
        unpacking = zlib.decompressobj(wbits=zlib.MAX_WBITS | _GZIP)
        content = unpacking.decompress(base64.b64decode(text, validate=True), MOST_BYTES)
        return from_json(content) if unpacking.eof else None
    except (binascii.Error, zlib.error, ValueError):
        return None


def batch_schema(variants: list[dict[str, Any]]) -> dict[str, Any]:
    """JSON Schema of a batch whose events are each one of `variants`."""
    texts = ("id", "source", "subject", "time", "partitionkey")
    events = {"type": "array", "minItems": 1, "maxItems": MAX_EVENTS, "items": {"oneOf": variants}}
    zipped = {
        "type": "string",
        "contentEncoding": "base64",
        "contentMediaType": "application/gzip",
        "description": "What `events` would hold, as JSON.",
    }
    data = {
        "type": "object",
        "properties": {"events": events, "events_gzip": zipped},
        "oneOf": [{"required": ["events"]}, {"required": ["events_gzip"]}],
    }
    return {
        "title": BATCH_TYPE,
        "type": "object",
        "properties": {name: {"type": "string"} for name in texts}
        | {
            "specversion": {"const": "1.0"},
            "datacontenttype": {"const": "application/json"},
            "type": {"const": BATCH_TYPE},
            "data": data | {"additionalProperties": False},
        },
        "required": sorted([*texts, "specversion", "datacontenttype", "type", "data"]),
    }
