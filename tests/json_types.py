"""Values of the wrong type for every property of every JSON body that the OpenAPI document has."""

import json
import re
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import httpx2
from fastapi import FastAPI

OPENAPI = Path(__file__).parents[1] / "services/frontend/src/frontend_service/openapi.json"
DOCUMENT: dict[str, Any] = json.loads(OPENAPI.read_text())
SAMPLES: dict[str, list[Any]] = {
    "string": ["1"],
    "integer": [1],
    "number": [1.0],
    "boolean": [True],
    "null": [None],
    "array": [[]],
    "object": [{}],
}
NOT_OF_A_FORM = {
    "date": ["1795564800", "2026-05-01T00:00:00"],
    "date-time": ["1795564800", "2026-05-01"],
    "time-local": ["3600"],
}
ANSWERED_OTHERWISE = re.compile(r"/commands/0/(body/.*|id=None)", re.S)
"""What is wrong inside a command's body is in the result of the command, and the batch is taken. A null id is
no id, so that the whole command is refused."""
Schema = dict[str, Any]


async def taken_with_wrong_types(
    client: httpx2.AsyncClient, app: FastAPI, ids: Mapping[str, str] = MappingProxyType({})
) -> list[str]:
    """Requests with one value of a wrong type that `app` did not refuse with 422 and its pointer.

    ids: first part of a path → what there is of that kind; operations on what there is none of are left out.
    """
    taken, sent = [], 0
    for method, path, schema in _operations(app):
        kind = path.split("/")[1]
        if "{id}" in path and kind not in ids:
            continue
        for pointer, value, body in _wrong(schema):
            if ANSWERED_OTHERWISE.fullmatch(f"{pointer}={value!r}"):
                continue
            sent += 1
            response = await client.request(method, path.replace("{id}", ids.get(kind, "")), json=body)
            pointers = [each["pointer"] for each in response.json().get("errors", [])]
            if response.status_code != 422 or pointer not in pointers:
                taken.append(f"{method} {path} {pointer}={value!r}: {response.status_code} {pointers}")
    assert sent > 0
    return taken


def _operations(app: FastAPI) -> Iterator[tuple[str, str, Schema]]:
    """Method, path and schema of the JSON body, of what the document and `app` both have."""
    with warnings.catch_warnings(action="ignore"):  # of subscriptions, which are not in the document
        own = app.openapi()["paths"]
    for path, methods in DOCUMENT["paths"].items():
        for method in methods.keys() & own.get(path, {}).keys():
            schema = methods[method].get("requestBody", {}).get("content", {}).get("application/json", {})
            if "$ref" in schema.get("schema", {}):
                yield method.upper(), path, schema["schema"]


def _wrong(schema: Schema) -> Iterator[tuple[str, Any, Any]]:
    """A pointer, the wrong value there, and a body that has it."""
    for alternative in _alternatives(schema):
        for name, each in alternative.get("properties", {}).items():
            kinds = {found.get("type") for found in _alternatives(each)}
            if None not in kinds:
                values = [value for kind in SAMPLES.keys() - kinds for value in _samples(kind, kinds)]
                values += [text for found in _alternatives(each) for text in _not_of_its_form(found)]
                yield from ((f"/{name}", value, {name: value}) for value in values)
            yield from ((f"/{name}{rest}", value, {name: body}) for rest, value, body in _wrong(each))
        if "items" in alternative:
            kinds = {found.get("type") for found in _alternatives(alternative["items"])}
            values = [value for kind in SAMPLES.keys() - kinds for value in _samples(kind, kinds)]
            yield from (("/0", value, [value]) for value in values)
            inside = _wrong(alternative["items"])
            yield from ((f"/0{rest}", value, [body]) for rest, value, body in inside)


def _samples(kind: str, kinds: set[Any]) -> list[Any]:
    if kind == "integer" and "number" in kinds:
        return []
    return SAMPLES[kind]


def _not_of_its_form(schema: Schema) -> list[str]:
    return NOT_OF_A_FORM.get(schema.get("format", ""), [])


def _alternatives(schema: Schema) -> list[Schema]:
    if "$ref" in schema:
        return _alternatives(DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
    several = schema.get("anyOf") or schema.get("oneOf")
    return [found for each in several for found in _alternatives(each)] if several else [schema]
