"""Writes the OpenAPI document of the whole API: what each service offers, under one roof.

`python tools/openapi.py services/frontend/src/frontend_service/openapi.json`; a test refuses drift.
"""

import importlib
import json
import sys
from pathlib import Path
from typing import Any

from contracts.names import App
from contracts.scopes import get_required_scopes
from servicekit.problems import Problem
from servicekit.security.auth import API_PREFIX

SERVICES = [App.USER, App.TASK, App.CHAT, App.NOTIFICATION, App.ANALYTICS, App.FRONTEND]
INTERNAL = ("/events/", "/dapr/")

Document = dict[str, Any]


def whole_api() -> Document:
    """The merged document. Raises `ValueError` where two services give one name to different things."""
    schemas: Document = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    components = {**schemas.pop("$defs"), "Problem": schemas}
    paths: Document = {}
    security: Document = {}
    for app in SERVICES:
        part = importlib.import_module(f"{app}_service.main").create().openapi()
        told = {path.removeprefix(API_PREFIX): what for path, what in part["paths"].items()}
        paths |= {path: what for path, what in told.items() if not path.startswith(INTERNAL)}
        _merge(components, part.get("components", {}).get("schemas", {}))
        _merge(security, part.get("components", {}).get("securitySchemes", {}))
    _tell_scopes(paths)
    return {
        "openapi": "3.1.0",
        "info": {"title": "todo", "version": "1", "description": _DESCRIPTION},
        "servers": [{"url": "/api/v1"}],
        "paths": dict(sorted(paths.items())),
        "components": {"schemas": dict(sorted(components.items())), "securitySchemes": security},
    }


_DESCRIPTION = (
    "Send an access token or an API token as `Authorization: Bearer …`; an API token needs the scopes an "
    "operation names, and opens none that names no scope. Without the read scope beside it, a write scope "
    "for tasks or notifications is answered 204 where something is changed. Unsafe requests take an "
    "`Idempotency-Key`; resources have an `ETag`, writes honour `If-Match`. Errors are RFC 9457 problem "
    "documents."
)


def _tell_scopes(paths: Document) -> None:
    """For each operation that needs a token, the scopes an API token would need."""
    for path, operations in paths.items():
        for verb, operation in operations.items():
            if "security" in operation:
                scopes = get_required_scopes(verb.upper(), path)
                operation["security"] = [dict.fromkeys(each, scopes) for each in operation["security"]]


def _merge(known: Document, more: Document) -> None:
    for name, schema in more.items():
        if known.setdefault(name, schema) != schema:
            raise ValueError(f"two services have a different {name}")


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(json.dumps(whole_api(), indent=2) + "\n")
