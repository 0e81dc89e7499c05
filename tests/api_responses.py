"""Responses with every field the OpenAPI document promises, made of the few that a test is about."""

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import orjson

from servicekit.dapr.content_digest import HEADER, compute_digest
from servicekit.dapr.sidecar import SidecarResponse
from tests.fake_sidecar import make_raw_response

Schema = Mapping[str, Any]
DOCUMENT = Path(__file__).parents[1] / "services/frontend/src/frontend_service/openapi.json"
PLAIN: Mapping[str, Any] = {"string": "", "integer": 0, "number": 0, "boolean": False, "null": None}
NOT_IN_THE_DOCUMENT: Mapping[str, Schema] = {
    "GET /export/pages": {
        "properties": {"items": {"type": "array"}, "next": {"type": "null"}},
        "required": ["items", "next"],
    }
}
WHOLE = {"TaskPart": "TaskRead"}
"""Schemas of what `?fields=` leaves something out of, and the one for who doesn't ask for that."""


def complete_response(method: str, path: str, response: SidecarResponse) -> SidecarResponse:
    """The response with what it lacks; an error, and what is no JSON object, as it is."""
    schema = _find_schema(method, path.partition("?")[0])
    if schema is None or response.status >= 400:
        return response
    try:
        found = orjson.loads(response.body)
    except orjson.JSONDecodeError:
        return response
    if not isinstance(found, dict):
        return response
    body = orjson.dumps(_complete(schema, found))
    return make_raw_response(response.status, body, {HEADER: compute_digest(body)})


def make_object(schema: str, **fields: Any) -> Any:
    """An object of a schema of the document, such as `TaskRead`."""
    return _complete(_document()["components"]["schemas"][schema], fields)


@cache
def _document() -> Schema:
    document: Schema = json.loads(DOCUMENT.read_text())
    return document


@cache
def _find_schema(method: str, path: str) -> Schema | None:
    """What the operation answers where it succeeds; None for one without a JSON body."""
    if f"{method} {path}" in NOT_IN_THE_DOCUMENT:
        return NOT_IN_THE_DOCUMENT[f"{method} {path}"]
    paths = _document()["paths"]
    template = path if path in paths else next((each for each in paths if _matches(each, path)), "")
    operation = paths.get(template, {}).get(method.lower(), {})
    for status, response in operation.get("responses", {}).items():
        if status.startswith("2"):
            schema: Schema | None = response.get("content", {}).get("application/json", {}).get("schema")
            return schema
    return None


def _matches(template: str, path: str) -> bool:
    return bool(re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path))


def _complete(schema: Schema, value: Any) -> Any:
    if "$ref" in schema:
        return _complete(_resolve(schema), value)
    several = schema.get("anyOf") or schema.get("oneOf")
    if several:
        return value if value is None else _complete(several[0], value)
    if isinstance(value, dict) and "properties" in schema:
        properties = schema["properties"]
        missing = {name: _default(properties[name]) for name in schema.get("required", ())}
        return {name: _complete(properties.get(name, {}), each) for name, each in (missing | value).items()}
    if isinstance(value, list) and "items" in schema:
        return [_complete(schema["items"], each) for each in value]
    return value


def _resolve(reference: Schema) -> Schema:
    name = reference["$ref"].rpartition("/")[2]
    schema: Schema = _document()["components"]["schemas"][WHOLE.get(name, name)]
    return schema


def _default(schema: Schema) -> Any:
    if "$ref" in schema:
        return _default(_resolve(schema))
    several = schema.get("anyOf") or schema.get("oneOf")
    if several:
        return None if {"type": "null"} in several else _default(several[0])
    if "enum" in schema or "const" in schema:
        return (schema.get("enum") or [schema["const"]])[0]
    if schema.get("type") == "array":
        return []
    if "properties" in schema:
        return _complete(schema, {})
    return {} if schema.get("type") == "object" else PLAIN.get(schema.get("type", ""), None)
