"""The schema of each command in the OpenAPI document takes and refuses what the service does."""

from typing import Any, get_args

import jsonschema
import pytest
from pydantic import ValidationError
from task_service.batch.commands import BODIES
from task_service.batch.schemas import Command, CommandType

from tests.architecture.test_api_reference import DOCUMENT

SCHEMAS = DOCUMENT["components"]["schemas"]
TYPES = get_args(CommandType)
LEAST_BODIES: dict[str, dict[str, Any]] = {
    "task.create": {"title": "x"},
    "task.move": {"after": "x"},
    "project.create": {"name": "x"},
    "label.create": {"name": "x"},
    "filter.create": {"name": "x", "filter": "done"},
}
"""Of commands with a body that may not be empty."""


def command(kind: str, **more: Any) -> dict[str, Any]:
    """The shortest one of its type."""
    body = {"body": LEAST_BODIES.get(kind, {})} if kind in BODIES else {}
    named = {} if kind.endswith(".create") else {"id": "some-id"}
    return {"uuid": "some-uuid", "type": kind} | named | body | more


def fits_the_schema(value: dict[str, Any]) -> bool:
    document = {"$ref": "#/components/schemas/Command", "components": DOCUMENT["components"]}
    return bool(jsonschema.Draft202012Validator(document).is_valid(value))


def is_taken(value: dict[str, Any]) -> bool:
    """By the service, and then by what runs the command."""
    try:
        parsed = Command.model_validate(value)
        if parsed.type in BODIES:
            BODIES[parsed.type].model_validate(parsed.body)
    except ValidationError:
        return False
    return True


def test_each_type_has_its_schema() -> None:
    mapping = SCHEMAS["Command"]["discriminator"]["mapping"]
    assert tuple(mapping) == TYPES
    assert [{"$ref": each} for each in mapping.values()] == SCHEMAS["Command"]["oneOf"]


@pytest.mark.parametrize("kind", TYPES)
class TestCommand:
    def test_is_taken_by_both(self, kind: str) -> None:
        more = {"temp_id": "t"} if kind.endswith(".create") else {"version": 1}
        for each in (command(kind), command(kind, **more)):
            assert (fits_the_schema(each), is_taken(each)) == (True, True)

    @pytest.mark.parametrize(
        "wrong",
        [{"uuid": "short"}, {"type": "task.eat"}, {"more": 1}, {"version": "1"}, {"temp_id": 1}, {"id": 1}],
        ids=str,
    )
    def test_is_refused_by_both(self, kind: str, wrong: dict[str, Any]) -> None:
        assert (fits_the_schema(command(kind) | wrong), is_taken(command(kind) | wrong)) == (False, False)

    def test_names_what_it_changes_or_creates_for_both(self, kind: str) -> None:
        other = {"id": "i"} if kind.endswith(".create") else {"temp_id": "t"}
        assert (fits_the_schema(command(kind, **other)), is_taken(command(kind, **other))) == (False, False)
        for each in ("uuid", "type", *({"id"} & command(kind).keys())):
            without = {name: value for name, value in command(kind).items() if name != each}
            assert (fits_the_schema(without), is_taken(without)) == (False, False)

    def test_has_the_body_that_is_parsed(self, kind: str) -> None:
        if kind in BODIES:
            wrong = command(kind, body=LEAST_BODIES.get(kind, {}) | {"nobody_knows": 1})
            assert (fits_the_schema(wrong), is_taken(wrong)) == (False, False)
        else:
            assert not fits_the_schema(command(kind, body={"title": "x"}))
