"""The OpenAPI document of the whole API: what each service offers, under one roof (docs/decisions/0040).

FastAPI gives paths, parameters and schemas. What it can't know is added here: headers and problems, as the
code of a route has them (`route_facts`).
"""

import importlib
import re
from collections.abc import Iterator
from typing import Any

from frontend_service.gateway.upstreams import STREAM

from contracts.names import App
from servicekit.problems import Problem
from servicekit.security.auth import API_PREFIX
from servicekit.web.pagination import Page
from tools.openapi.batch import type_commands
from tools.openapi.examples import add_examples
from tools.openapi.headers import COUNTED, HEADERS, PARAMETERS, refer_to_headers, refer_to_parameter
from tools.openapi.info import INFO, tags_of
from tools.openapi.problems import codes_by_status, refer_to_problems, response_components
from tools.openapi.route_facts import RouteFacts, read_facts
from tools.openapi.streams import stream_schemas, type_the_stream, webhooks

SERVICES = [App.USER, App.TASK, App.CHAT, App.NOTIFICATION, App.ANALYTICS, App.FRONTEND]
INTERNAL = ("/events/", "/dapr/")
OF_FASTAPI = ("HTTPValidationError", "ValidationError")

Document = dict[str, Any]


def whole_api() -> Document:
    """The merged document. Raises `ValueError` where two services give one name to different things."""
    schemas: Document = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    components = {**schemas.pop("$defs"), "Problem": schemas}
    paths: Document = {}
    security: Document = {}
    for app in SERVICES:
        service = importlib.import_module(f"{app}_service.main").create()
        part = service.openapi()
        facts = {(path, method.lower()): each for path, method, each in read_facts(service, f"{app}_service")}
        for path, method, operation in _operations(part["paths"]):
            if not path.startswith(INTERNAL):
                public = paths.setdefault(path.removeprefix(API_PREFIX), {})
                public[method] = _complete(operation, facts[path, method])
        _merge(components, part.get("components", {}).get("schemas", {}))
        _merge(security, part.get("components", {}).get("securitySchemes", {}))
    for name in OF_FASTAPI:
        components.pop(name, None)
    _merge(components, stream_schemas())
    _describe_generated(components)
    type_commands(components, paths)
    type_the_stream(paths[STREAM]["get"])
    add_examples(paths)
    return {
        **INFO,
        "tags": tags_of(paths),
        "paths": dict(sorted(paths.items())),
        "webhooks": webhooks(),
        "components": {
            "schemas": dict(sorted(components.items())),
            "parameters": PARAMETERS,
            "headers": HEADERS,
            "responses": response_components(),
            "securitySchemes": security,
        },
    }


def _operations(paths: Document) -> Iterator[tuple[str, str, Document]]:
    for path, operations in paths.items():
        for method, operation in operations.items():
            yield path, method, operation


def _complete(operation: Document, facts: RouteFacts) -> Document:
    """An operation with all that is known of it."""
    success = {status: each for status, each in operation["responses"].items() if status < "300"}
    for response in success.values():
        response["headers"] = refer_to_headers(*facts.headers, *COUNTED)
    if facts.is_conditional:
        success["304"] = {
            "description": "The client has it as it is.",
            "headers": refer_to_headers("ETag", *COUNTED),
        }
    parameters = [*operation.get("parameters", []), *map(refer_to_parameter, facts.parameters)]
    completed = {**_split_docstring(operation), "responses": success | refer_to_problems(facts.problems)}
    if parameters:
        completed["parameters"] = parameters
    completed["x-problem-codes"] = codes_by_status(facts.problems)
    if facts.command_problems:
        completed["x-command-problem-codes"] = codes_by_status(facts.command_problems)
    completed.setdefault("security", [])
    return completed


def _split_docstring(operation: Document) -> Document:
    """The first line of a route's docstring is its summary, the rest its description."""
    summary, _, rest = operation.get("description", "").partition("\n")
    if not summary:
        return operation
    return operation | {"summary": summary.strip().removesuffix("."), "description": rest.strip() or summary}


def _describe_generated(schemas: Document) -> None:
    """What FastAPI makes of a class loses its docstring: pages of something, and the two sides of a model.

    Titles become unique: generators make names of classes from them.
    """
    for name, schema in schemas.items():
        schema["title"] = re.sub("[^A-Za-z0-9]", "", name)
        if name.startswith("Page_"):
            schema.setdefault("description", Page.__doc__)
        if name.endswith("-Output") and "description" not in schema:
            schemas[name] = schemas[f"{name.removesuffix('-Output')}-Input"] | schema
        if name.endswith("Patch"):
            _drop_defaults(schema)


def _drop_defaults(patch: Document) -> None:
    """What is absent from a merge patch stays as it is; a generated client would send the defaults."""
    for field in patch["properties"].values():
        for each in (field, *field.get("anyOf", ())):
            each.pop("default", None)


def _merge(known: Document, more: Document) -> None:
    for name, schema in more.items():
        if known.setdefault(name, schema) != schema:
            raise ValueError(f"two services have a different {name}")
