"""Examples of requests and responses, from `docs/api/examples`.

`requests.yaml` has the steps of a journey through the API, `responses.json` what the running system answered;
`tests/system/test_examples.py` records and compares them.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parents[2] / "docs" / "api" / "examples"
RESPONSES = FOLDER / "responses.json"
MADE_UP = {"email": "ada@example.com", "hook": "https://example.com/hook"}
"""What a journey begins with, as the document shows it."""

Document = dict[str, Any]


def read_steps() -> list[Document]:
    steps: list[Document] = yaml.safe_load((FOLDER / "requests.yaml").read_text())
    return steps


def fill_in(value: Any, kept: Mapping[str, Any]) -> Any:
    """`value` with what `$name.field` stands for."""
    if isinstance(value, dict):
        return {name: fill_in(each, kept) for name, each in value.items()}
    if isinstance(value, list):
        return [fill_in(each, kept) for each in value]
    if not (isinstance(value, str) and re.fullmatch(r"\$[a-z_]+(\.\w+)*", value)):
        return value
    found: Any = kept
    for step in value.removeprefix("$").split("."):
        found = found[int(step)] if step.isdigit() else found[step]
    return found


def add_examples(paths: Document) -> None:
    """Put the examples into the operations. Raises `KeyError` for one that nobody recorded."""
    operations = {each["operationId"]: each for path in paths.values() for each in path.values()}
    recorded: dict[str, Document] = json.loads(RESPONSES.read_text())
    kept: Document = dict(MADE_UP)
    for step in read_steps():
        if step.get("hidden"):
            kept[step["as"]] = recorded[step["as"]]["body"]
            continue
        name = step["operation"]
        _add_example(operations[name], fill_in(step, kept), recorded[name])
        if "as" in step:
            kept[step["as"]] = recorded[name]["body"]


def _add_example(operation: Document, step: Document, recorded: Document) -> None:
    values = step.get("path", {}) | step.get("query", {})
    for parameter in operation.get("parameters", ()):
        if parameter.get("name") in values:
            parameter["example"] = values[parameter["name"]]
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if content is not None and "body" in step:
        is_text = content["schema"].get("type") == "string"  # a file
        content["example"] = json.dumps(step["body"]) if is_text else step["body"]
    response = operation["responses"][str(recorded["status"])].get("content", {}).get("application/json")
    if response is not None:
        response["example"] = recorded["body"]
