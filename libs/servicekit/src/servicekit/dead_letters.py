"""Dead letters: what a service gives up, whole and unchanged, with the cause."""

from datetime import UTC, datetime
from typing import Any

import orjson

from contracts.names import App, Topic
from servicekit.bulk import Outgoing

TYPE = "todo.dead-letter.v1"


def dead_letter(consumer: App, topic: Topic, id: str, raw: Any, cause: str) -> Outgoing:
    """The CloudEvent that carries a failed event. `time` tells one failure of it from the next."""
    known = raw if isinstance(raw, dict) else {}
    letter_id = f"{id}/{consumer}"
    key = str(known.get("partitionkey") or known.get("subject") or letter_id)
    envelope = {
        "specversion": "1.0",
        "id": letter_id,
        "source": f"/services/{consumer}",
        "type": TYPE,
        "subject": id,
        "time": datetime.now(UTC).isoformat(),
        "datacontenttype": "application/json",
        "data": {"consumer": consumer, "topic": topic, "cause": cause, "event": raw},
    }
    return Outgoing(letter_id, key, orjson.dumps(envelope).decode())
