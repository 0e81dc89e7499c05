"""The OpenAPI document says of everything in it what it is."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.architecture.sources import ROOT

DOCUMENT: dict[str, Any] = json.loads(
    (ROOT / "services/frontend/src/frontend_service/openapi.json").read_text()
)
OPERATIONS: dict[str, dict[str, Any]] = {
    operation["operationId"]: operation
    for operations in DOCUMENT["paths"].values()
    for operation in operations.values()
}


def resolve(each: dict[str, Any]) -> dict[str, Any]:
    found: Any = DOCUMENT
    if "$ref" not in each:
        return each
    for step in each["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    return dict(found)


def fields(schema: dict[str, Any], path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, each in schema.get("properties", {}).items():
        yield f"{path}.{name}", each
        yield from fields(each, f"{path}.{name}")


@pytest.mark.parametrize("name", OPERATIONS)
class TestOperations:
    def test_have_a_summary_and_a_description(self, name: str) -> None:
        operation = OPERATIONS[name]
        assert operation["summary"] != name.replace("_", " ").title(), "the route has no docstring"
        assert operation["description"].strip().rstrip(".") != operation["summary"], "say more than its name"
        assert len(operation["summary"]) <= 60

    def test_describe_each_parameter(self, name: str) -> None:
        for parameter in map(resolve, OPERATIONS[name].get("parameters", [])):
            assert parameter.get("description"), parameter["name"]

    def test_show_an_example(self, name: str) -> None:
        operation = OPERATIONS[name]
        bodies = [operation.get("requestBody", {}), *map(resolve, operation["responses"].values())]
        examples = ["example" in body.get("content", {}).get("application/json", {}) for body in bodies]
        answers_json = any(
            "application/json" in each.get("content", {}) for each in operation["responses"].values()
        )
        assert any(examples) or not answers_json

    def test_refer_to_their_problems(self, name: str) -> None:
        responses = OPERATIONS[name]["responses"]
        problems = {status: each for status, each in responses.items() if status >= "400"}
        assert problems
        assert all(each.keys() == {"$ref"} for each in problems.values())
        assert problems.keys() == OPERATIONS[name]["x-problem-codes"].keys()

    def test_give_412_only_with_if_match_and_404_only_with_an_id(self, name: str) -> None:
        operation = OPERATIONS[name]
        parameters = {resolve(each)["name"] for each in operation.get("parameters", [])}
        assert ("412" in operation["responses"]) == ("If-Match" in parameters)
        assert ("413" in operation["responses"]) == ("requestBody" in operation)
        if "{" in DOCUMENT_PATHS[name]:
            assert "404" in operation["responses"]


DOCUMENT_PATHS = {
    operation["operationId"]: path
    for path, operations in DOCUMENT["paths"].items()
    for operation in operations.values()
}


@pytest.mark.parametrize("name", DOCUMENT["components"]["schemas"])
def test_schemas_describe_themselves_and_each_field(name: str) -> None:
    schema = DOCUMENT["components"]["schemas"][name]
    assert schema.get("description"), "the class has no docstring"
    undescribed = [path for path, each in fields(schema, name) if not each.get("description")]
    assert not undescribed, "write a docstring below the field"


@pytest.mark.parametrize("kind", ["headers", "parameters", "responses"])
def test_components_describe_themselves(kind: str) -> None:
    for name, each in DOCUMENT["components"][kind].items():
        assert each.get("description"), name
