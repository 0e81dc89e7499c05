"""What is let through to which service: the operations of the OpenAPI document and nothing else."""

import json
import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contracts.names import App
from frontend_service.gateway.costs import COSTS, DEFAULT_COST, Cost
from servicekit.errors import MethodNotAllowed, NotFound

SPECIFICATION = Path(__file__).parents[1] / "openapi.json"

OWNERS: Mapping[str, App] = {
    "auth": App.USER,
    "users": App.USER,
    "tokens": App.USER,
    "tasks": App.TASK,
    "batch": App.TASK,
    "changes": App.TASK,
    "import": App.TASK,
    "export": App.TASK,
    "calendar": App.TASK,
    "projects": App.TASK,
    "labels": App.TASK,
    "filters": App.TASK,
    "chat": App.CHAT,
    "mcp": App.CHAT,
    "notifications": App.NOTIFICATION,
    "reminders": App.NOTIFICATION,
    "preferences": App.NOTIFICATION,
    "channels": App.NOTIFICATION,
    "deliveries": App.NOTIFICATION,
    "webhooks": App.NOTIFICATION,
    "unsubscribe": App.NOTIFICATION,
    "analytics": App.ANALYTICS,
    "ops": App.ANALYTICS,
}
"""Who answers, by the first segment of the path under `/api/v1`."""

EXPORT = "/users/me/export"
USAGE = "/users/me/usage"
STREAM = "/stream"
"""Answered by the frontend itself (`account_export`, `account_usage`, `live`), before the gateway."""

AGENTS = "/mcp"
"""What agents ask, all of it: no operation of the OpenAPI document, but a protocol of its own (MCP)."""

_PLAIN = re.compile(r"[A-Za-z0-9_~-][A-Za-z0-9._~-]*")
"""A segment: a word or an id, of unreserved characters only (RFC 3986, section 2.3).

What Dapr would change on its way (dot segments, empty ones, encoded slashes) or not take at all
matches no operation, so no call can end at a route that is not part of the API.
"""


@dataclass(frozen=True, slots=True)
class Operations:
    """Paths and methods of the API."""

    by_shape: Mapping[tuple[str, int], list[tuple[list[str], Mapping[str, Cost]]]]
    """First segment and number of segments → templates of that shape, with what each method costs."""

    @classmethod
    def of(
        cls, paths: Mapping[str, Mapping[str, Mapping[str, Any]]], costs: Mapping[str, Cost] = COSTS
    ) -> "Operations":
        """From the `paths` of an OpenAPI document."""
        by_shape: dict[tuple[str, int], list[tuple[list[str], Mapping[str, Cost]]]] = defaultdict(list)
        for path, operations in paths.items():
            template = path.strip("/").split("/")
            methods = {
                method.upper(): costs.get(each.get("operationId", ""), DEFAULT_COST)
                for method, each in operations.items()
            }
            by_shape[(template[0], len(template))].append((template, methods))
        return cls(by_shape)

    def cost(self, method: str, path: str) -> Cost:
        """What a request costs, also one that will be refused; `path` as for `upstream`."""
        segments = path.removeprefix("/").split("/")
        for template, methods in self.by_shape.get((segments[0], len(segments)), ()):
            if all(map(_matches, template, segments)):
                return methods.get("GET" if method == "HEAD" else method, DEFAULT_COST)
        return DEFAULT_COST

    def upstream(self, method: str, path: str) -> App:
        """The service for a request; `path` is percent-encoded, as the client sent it.

        Raises `NotFound`, or `MethodNotAllowed` with the methods there are.
        """
        segments = path.removeprefix("/").split("/")
        for template, methods in self.by_shape.get((segments[0], len(segments)), ()):
            if all(map(_matches, template, segments)):
                if method not in methods:
                    raise MethodNotAllowed(methods)
                return OWNERS[segments[0]]
        raise NotFound


def read_operations(costs: Mapping[str, Cost] = COSTS) -> Operations:
    """The operations of the document the frontend publishes, and the one for agents."""
    agents = {AGENTS: {"post": {"operationId": "agents"}}}
    return Operations.of(json.loads(SPECIFICATION.read_text())["paths"] | agents, costs)


def _matches(template: str, segment: str) -> bool:
    return segment == template or (template.startswith("{") and _PLAIN.fullmatch(segment) is not None)
