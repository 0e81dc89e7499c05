"""The operations of the OpenAPI document, each with a request that could be good."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from devstack.paths import ROOT

DOCUMENT = ROOT / "services/frontend/src/frontend_service/openapi.json"
OF_FORMAT = {
    "date": "2027-01-31",
    "date-time": "2027-01-31T09:00:00Z",
    "email": "fuzz@example.com",
    "time-local": "09:00:00",
    "uri": "https://example.com/",
    "uuid": "01a20a20-adf2-70f8-90f8-d7d6fc4809a6",
}
OF_NAME: Mapping[str, Any] = {
    "at": None,
    "colour": "#2f7d5b",
    "email": "fuzz@example.com",
    "filter": "done",
    "minutes_before": None,
    "parent_id": None,
    "position": "V",
    "project_id": None,
    "quick": None,
    "recurrence": {"rule": "FREQ=WEEKLY"},
    "reminders": [{"minutes_before": 10}],
    "sort": None,
    "time_zone": "Europe/Berlin",
    "url": "https://example.com/hook",
}
"""What a schema has no words for."""
WHOLE: Mapping[str, Any] = {
    "add_channel": {"kind": "email"},
    "create_reminder": {"title": "word of a fuzz", "at": "2027-01-31T09:00:00Z"},
    "parse_quick_add": {"quick": "word of a fuzz tomorrow 9am #home"},
    "run_batch": {"commands": [{"uuid": "word of a fuzz", "type": "task.create", "body": {"title": "word"}}]},
    "say": {"text": "add word of a fuzz"},
    "snooze_reminder": {"minutes": 10},
    "start_import": {"version": 1, "tasks": [{"title": "word of a fuzz"}]},
}
"""Bodies of operations whose fields depend on each other."""
MAX_DEPTH = 6

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Operation:
    """method: upper case; path: template below the prefix; body: a value of its schema, None without one."""

    id: str
    method: str
    path: str
    query: tuple[str, ...]
    body: Any
    media_types: tuple[str, ...]

    @property
    def takes_body(self) -> bool:
        return bool(self.media_types)


def read_operations() -> list[Operation]:
    """All of them, in the order of the document."""
    return list(_operations(json.loads(DOCUMENT.read_text())))


def _operations(document: Json) -> Iterator[Operation]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            content = operation.get("requestBody", {}).get("content", {})
            schema = content.get("application/json", {}).get("schema", {})
            names = tuple(
                each["name"] for each in operation.get("parameters", ()) if each.get("in") == "query"
            )
            name = operation["operationId"]
            body = WHOLE.get(name) or (example_of(schema, document) if content else None)
            yield Operation(name, method.upper(), path, names, body, tuple(content))


def example_of(schema: Json, document: Json, depth: int = 0) -> Any:
    """A value with every property of `schema`, roughly as it wants them."""
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    for words in ("anyOf", "oneOf", "allOf"):
        if words in schema:
            return example_of(schema[words][0], document, depth)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][0]
    if depth > MAX_DEPTH:
        return None
    return _example_of_type(schema, document, depth)


def _example_of_type(schema: Json, document: Json, depth: int) -> Any:
    kind = schema.get("type", "object")
    if kind == "object":
        properties = schema.get("properties", {})
        return {
            name: OF_NAME[name] if name in OF_NAME else example_of(each, document, depth + 1)
            for name, each in properties.items()
        }
    if kind == "array":
        return [example_of(schema.get("items", {}), document, depth + 1)]
    if kind == "string":
        return OF_FORMAT.get(schema.get("format", ""), "word of a fuzz")
    return {"integer": int(schema.get("minimum", 1)), "number": 1.0, "boolean": True}.get(kind)
