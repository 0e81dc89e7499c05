"""Compares the OpenAPI document and the event schemas with those of the last release.

`docs/api/released/` holds what was released; `make release` replaces it. An intended break is listed, word
for word, in `docs/api/accepted-breaks.txt` until the release that makes it.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tools.maintenance.schema_changes import Party, SchemaComparison, resolve

ROOT = Path(__file__).parents[2]
OPENAPI = Path("services/frontend/src/frontend_service/openapi.json")
EVENTS = Path("kafka/schemas")
RELEASED = Path("docs/api/released")
ACCEPTED = Path("docs/api/accepted-breaks.txt")

Document = dict[str, Any]
METHODS = ("get", "put", "post", "patch", "delete", "head", "options", "trace")


def breaking_changes(root: Path = ROOT) -> set[str]:
    """What would break clients and consumers of the last release, one line each."""
    released = root / RELEASED
    found = set(openapi_changes(_read(released / "openapi.json"), _read(root / OPENAPI)))
    for path in sorted((released / "events").glob("*.json")):
        now = root / EVENTS / path.name
        found |= set(event_changes(_read(path), _read(now))) if now.exists() else {f"{path.name}: removed"}
    return found


def accepted_breaks(root: Path = ROOT) -> set[str]:
    """Lines of `accepted-breaks.txt`; `#` begins a comment."""
    lines = [line.partition("#")[0].strip() for line in (root / ACCEPTED).read_text().splitlines()]
    return {line for line in lines if line}


def openapi_changes(old: Document, new: Document) -> Iterator[str]:
    """Breaking changes of operations: what clients send is compared as senders, what they get as readers."""
    for section, incoming in (("paths", True), ("webhooks", False)):
        after = {_shape(path): item for path, item in new.get(section, {}).items()}
        for path, item in old.get(section, {}).items():
            for method in METHODS:
                if method not in item:
                    continue
                name = f"{method.upper()} {path}"
                operation = after.get(_shape(path), {}).get(method)
                if operation is None:
                    yield f"{name}: removed"
                    continue
                changes = _operation_changes(old, new, item[method], operation, incoming=incoming)
                yield from (f"{name}: {change}" for change in changes)


def event_changes(old: Document, new: Document) -> Iterator[str]:
    """Breaking changes for consumers of one topic: events are compared type by type."""
    comparison = SchemaComparison(old, new, Party.READER)
    before, after = _messages(old), _messages(new)
    for name, schema in before.items():
        if name not in after:
            yield f"{name}: removed"
        else:
            yield from (f"{name}: {change}" for change in comparison.changes(schema, after[name]))


def _operation_changes(
    old: Document, new: Document, before: Document, after: Document, *, incoming: bool
) -> Iterator[str]:
    sent, read = (Party.SENDER, Party.READER) if incoming else (Party.READER, Party.SENDER)
    requests, responses = SchemaComparison(old, new, sent), SchemaComparison(old, new, read)
    yield from _parameter_changes(requests, before, after)
    yield from _body_changes(requests, before.get("requestBody"), after.get("requestBody"))
    for status, response in before.get("responses", {}).items():
        if not status.startswith("2"):
            continue
        now = after.get("responses", {}).get(status)
        if now is None:
            yield f"response {status}: removed"
            continue
        response, now = resolve(response, old), resolve(now, new)
        changes = _content_changes(responses, response, now)
        yield from (f"response {status}: {change}" for change in changes)
        gone = set(map(str.lower, response.get("headers", {}))) - set(map(str.lower, now.get("headers", {})))
        yield from (f"response {status}: header {header} removed" for header in sorted(gone))
    yield from _scope_changes(before, after)


def _parameter_changes(comparison: SchemaComparison, before: Document, after: Document) -> Iterator[str]:
    old, new = _parameters(before, comparison.old), _parameters(after, comparison.new)
    for (place, name), parameter in old.items():
        now = new.get((place, name))
        if now is None:
            yield f"{place} parameter {name}: removed"
            continue
        if now.get("required") and not parameter.get("required"):
            yield f"{place} parameter {name}: newly required"
        for change in comparison.changes(parameter.get("schema", {}), now.get("schema", {})):
            yield f"{place} parameter {name}: {change}"
    for (place, name), parameter in new.items():
        if parameter.get("required") and (place, name) not in old and place != "path":
            yield f"{place} parameter {name}: newly required"


def _body_changes(
    comparison: SchemaComparison, before: Document | None, after: Document | None
) -> Iterator[str]:
    if before is None:
        if after and resolve(after, comparison.new).get("required"):
            yield "request: newly required"
        return
    if after is None:
        yield "request: removed"
        return
    old, new = resolve(before, comparison.old), resolve(after, comparison.new)
    if new.get("required") and not old.get("required"):
        yield "request: newly required"
    yield from (f"request: {change}" for change in _content_changes(comparison, old, new))


def _content_changes(comparison: SchemaComparison, before: Document, after: Document) -> Iterator[str]:
    old, new = before.get("content", {}), after.get("content", {})
    for media_type, content in old.items():
        if media_type not in new:
            yield f"{media_type} removed"
        else:
            changes = comparison.changes(content.get("schema", {}), new[media_type].get("schema", {}))
            yield from map(str, changes)


def _scope_changes(before: Document, after: Document) -> Iterator[str]:
    """An operation that asks for other scopes shuts out tokens that could use it; one that opens doesn't."""
    old, new = before.get("security"), after.get("security")
    if not old:
        if new:
            yield "newly requires a token"
        return
    scopes, now = (
        {scope for each in kind or () for way in each.values() for scope in way} for kind in (old, new)
    )
    if new and scopes and not (now and now <= scopes):
        yield f"needs scopes {sorted(now)}, needed {sorted(scopes)}"


def _parameters(operation: Document, document: Document) -> dict[tuple[str, str], Document]:
    """By place and name. Header names have no case; path parameters are identified by their position."""
    found: dict[tuple[str, str], Document] = {}
    for parameter in operation.get("parameters", ()):
        each = resolve(parameter, document)
        position = sum(1 for place, _ in found if place == "path")
        name: str = each["name"]
        names = {"header": name.lower(), "path": str(position)}
        found[each["in"], names.get(each["in"], name)] = each
    return found


def _messages(document: Document) -> dict[str, Document]:
    """Schemas of messages by event type."""
    found = {}
    for each in document["oneOf"]:
        schema = resolve(each, document)
        found[str(resolve(schema["properties"]["type"], document)["const"])] = schema
    return found


def _shape(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", path)


def _read(path: Path) -> Document:
    read: Document = json.loads(path.read_text())
    return read
