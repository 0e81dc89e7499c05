"""Dead letters: what a service gives up, whole, with the cause.

Unchanged, too, but for what can't be stored or sent: a letter that itself can't be handled would come back
for ever.
"""

import math
import re
from datetime import UTC, datetime
from typing import Any

import orjson

from contracts.names import App, Topic
from servicekit.dapr.bulk_publish import OutboundMessage

TYPE = "todo.dead-letter.v1"
MAX_DEPTH = 100
MAX_INTEGER = 2**63 - 1
_UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")


def sanitize_json(value: Any, depth: int = 0) -> Any:
    """`value` of JSON as PostgreSQL and every JSON reader take it.

    U+FFFD stands for U+0000 and halves of surrogate pairs; numbers past 64 bits, and lists and objects past
    100 levels, become text.
    """
    if isinstance(value, str):
        return _UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        fits = -MAX_INTEGER <= value <= MAX_INTEGER if isinstance(value, int) else math.isfinite(value)
        return value if fits else f"{value:.5g}" if isinstance(value, float) else hex(value)
    if isinstance(value, dict | list) and depth >= MAX_DEPTH:
        return "nested too deep"
    if isinstance(value, dict):
        return {sanitize_json(str(name)): sanitize_json(each, depth + 1) for name, each in value.items()}
    if isinstance(value, list):
        return [sanitize_json(each, depth + 1) for each in value]
    return value


def build_dead_letter(consumer: App, topic: Topic, id: str, raw: Any, cause: str) -> OutboundMessage:
    """The CloudEvent that carries a failed event. `time` tells one failure of it from the next."""
    raw, id, cause = sanitize_json(raw), sanitize_json(id), sanitize_json(cause)
    known = raw if isinstance(raw, dict) else {}
    dead_letter_id = f"{id}/{consumer}"
    key = str(known.get("partitionkey") or known.get("subject") or dead_letter_id)
    envelope = {
        "specversion": "1.0",
        "id": dead_letter_id,
        "source": f"/services/{consumer}",
        "type": TYPE,
        "subject": id,
        "time": datetime.now(UTC).isoformat(),
        "datacontenttype": "application/json",
        "data": {"consumer": consumer, "topic": topic, "cause": cause, "event": raw},
    }
    return OutboundMessage(dead_letter_id, key, orjson.dumps(envelope).decode())
