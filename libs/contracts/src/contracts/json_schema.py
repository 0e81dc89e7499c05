"""JSON Schemas of the events, one file per topic, for readers that are not written in Python.

`python -m contracts.json_schema` writes `kafka/schemas/`; a test refuses drift.
"""

import json
import sys
from pathlib import Path
from typing import Any

from contracts.batch import BATCHED, batch_schema
from contracts.catalogue import EVENTS
from contracts.event import CloudEvent, Event
from contracts.names import Topic

DIALECT = "https://json-schema.org/draft/2020-12/schema"

FILES: dict[Topic, str] = {
    Topic.TODO_EVENTS: "task-event.json",
    Topic.CHAT_EVENTS: "chat-event.json",
    Topic.USER_EVENTS: "user-event.json",
    Topic.NOTIFICATION_EVENTS: "notification-event.json",
}


def topic_schema(topic: Topic) -> dict[str, Any]:
    """Schema of one message on `topic` as Kafka holds it, Dapr's own attributes included."""
    definitions: dict[str, Any] = {}
    variants = []
    for event in EVENTS:
        if event.topic is topic:
            envelope = _envelope_schema(event)
            definitions.update(envelope.pop("$defs"))
            definitions[event.__name__ + "Message"] = envelope
            variants.append({"$ref": f"#/$defs/{event.__name__}Message"})
    if topic in BATCHED:
        definitions["EventBatchMessage"] = batch_schema([*variants])
        variants.append({"$ref": "#/$defs/EventBatchMessage"})
    return {
        "$schema": DIALECT,
        "title": f"Messages on {topic.value}",
        "oneOf": variants,
        "$defs": dict(sorted(definitions.items())),
    }


def _envelope_schema(event: type[Event]) -> dict[str, Any]:
    schema = CloudEvent[event].model_json_schema(mode="serialization")  # type: ignore[valid-type]
    for definition in schema["$defs"].values():
        if definition.get("type") == "object":
            definition["additionalProperties"] = False
    schema["title"] = event.type
    schema["properties"]["type"] = {"const": event.type}
    schema["required"] = sorted({*schema["required"], "specversion", "datacontenttype"})
    schema.pop("description", None)
    return schema


def main(folder: Path) -> None:
    """Write every schema into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for topic, name in FILES.items():
        (folder / name).write_text(json.dumps(topic_schema(topic), indent=2) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
