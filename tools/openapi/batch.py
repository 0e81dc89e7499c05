"""Commands of a batch: a schema for each type, as what runs them has it.

The service parses the body of a command only when its turn comes, since a wrong one must not refuse the
batch. So FastAPI finds one model with any body, which no generated client can type.
"""

from typing import Any, get_args

from task_service.batch.commands import BODIES
from task_service.batch.schemas import CommandType

Document = dict[str, Any]

SCHEMAS = "#/components/schemas/"
NAME = "Command"


def type_commands(schemas: Document, paths: Document) -> None:
    """Make the schema `Command` a union, discriminated by `type`.

    Raises `KeyError` for a command that is like no operation, or has a body that no operation takes.
    """
    operations = {each["operationId"]: each for path in paths.values() for each in path.values()}
    general = schemas[NAME]
    mapping = {}
    for kind in get_args(CommandType):
        noun, _, verb = kind.partition(".")
        name = f"{verb.title()}{noun.title()}{NAME}"
        operation = operations[f"{verb}_{noun}"]
        schemas[name] = {"title": name, **_command(kind, general["properties"], operation, schemas)}
        mapping[kind] = f"{SCHEMAS}{name}"
    schemas[NAME] = {
        "title": NAME,
        "description": general["description"],
        "oneOf": [{"$ref": each} for each in mapping.values()],
        "discriminator": {"propertyName": "type", "mapping": mapping},
    }


def _command(kind: str, fields: Document, operation: Document, schemas: Document) -> Document:
    """The schema of one type of command; `operation` is the route that does the same."""
    creates = kind.endswith(".create")
    named: Document = {"temp_id": fields["temp_id"]} if creates else {"id": _never_null(fields["id"])}
    properties: Document = {"uuid": fields["uuid"], "type": {**_type_of(fields), "const": kind}, **named}
    if not creates:
        properties["version"] = fields["version"]
    required = ["uuid", "type", *(() if creates else ("id",))]
    if kind in BODIES:
        properties["body"] = _body(BODIES[kind].__name__, operation, schemas)
        required.append("body")
    return {
        "description": f"{operation['summary']}, as `{operation['operationId']}` does.",
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


def _type_of(fields: Document) -> Document:
    return {name: each for name, each in fields["type"].items() if name != "enum"}


def _never_null(field: Document) -> Document:
    """What is optional in the general command, as one of a type needs it."""
    described = {name: field[name] for name in ("title", "description")}
    kinds: list[Document] = field["anyOf"]
    return next(each for each in kinds if each["type"] != "null") | described


def _body(model: str, operation: Document, schemas: Document) -> Document:
    if model not in schemas:
        raise KeyError(f"no operation takes a {model}")
    return {
        "$ref": f"{SCHEMAS}{model}",
        "description": f"What `{operation['operationId']}` takes; ids may be a `temp_id` from before.",
    }
