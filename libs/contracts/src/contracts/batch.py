"""Several events of one user in one message: how an import of thousands of tasks is told.

The message is a CloudEvent of the type `BATCH_TYPE` whose `data.events` are CloudEvents, oldest first, each
just as it would be alone. Its `id` says nothing of its events; a reader remembers theirs.
"""

from typing import Any, Final

from contracts.names import Topic

BATCH_TYPE: Final = "todo.event-batch.v1"
BATCHED: Final = frozenset({Topic.TODO_EVENTS})
"""Topics with such messages: where a single request can cause thousands of events. `user-events` is none, so
that the end of an account never shares a dead letter with data that goes with the account."""
MAX_EVENTS: Final = 100


def events_in(message: Any) -> list[Any]:
    """The CloudEvents that a message carries: those of a batch, or the message itself."""
    if not isinstance(message, dict) or message.get("type") != BATCH_TYPE:
        return [message]
    data = message.get("data")
    events = data.get("events") if isinstance(data, dict) else None
    return events if isinstance(events, list) and events else [message]


def batch_schema(variants: list[dict[str, Any]]) -> dict[str, Any]:
    """JSON Schema of a batch whose events are each one of `variants`."""
    texts = ("id", "source", "subject", "time", "partitionkey")
    events = {"type": "array", "minItems": 1, "maxItems": MAX_EVENTS, "items": {"oneOf": variants}}
    data = {"type": "object", "properties": {"events": events}, "required": ["events"]}
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
