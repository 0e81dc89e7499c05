"""What monitoring/telemetry.yaml says our programs emit, and the log events in their source."""

import ast
from collections.abc import Iterator
from typing import Any

import yaml

from devstack.paths import ROOT

LEVELS = {"debug", "info", "warning", "error", "exception", "critical"}
SUFFIXES = {
    "counter": ("_created",),
    "gauge": (),
    "histogram": ("_bucket", "_count", "_sum", "_created"),
    "summary": ("_count", "_sum", "_created"),
}
"""Series of a metric beside the one of its own name; a counter's `_created` has no `_total`."""


def telemetry() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / "monitoring" / "telemetry.yaml").read_text())
    return found


def series_names() -> dict[str, str]:
    """Name of each series → name of its metric."""
    found: dict[str, str] = {}
    for name, entry in telemetry()["metrics"].items():
        base = name.removesuffix("_total")
        found |= {name: name} | {base + suffix: name for suffix in SUFFIXES[entry["type"]]}
    return found


def logged() -> set[str]:
    """The message of every call of a logger in libraries and services."""
    sources = [*ROOT.glob("libs/*/src/**/*.py"), *ROOT.glob("services/*/src/**/*.py")]
    return {message for path in sources for message in _messages(ast.parse(path.read_text()))}


def _messages(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id="log"), attr=level)) if level in LEVELS:
                message = node.args[0]
                assert isinstance(message, ast.Constant), f"no constant message: {ast.unparse(node)}"
                yield str(message.value)
