"""Writes what services ask of each other as types: a `TypedDict` for each schema of the OpenAPI document.

`python tools/api_types.py libs/contracts/src/contracts/api`; a test refuses drift (docs/decisions/0036).
Only types: nothing is validated twice, but that no required field is missing (`contracts.completeness`). A
field that the last release did not have yet is not required, since a service of that release may answer while
a new one is rolled out.
"""

import json
import keyword
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
DOCUMENT = ROOT / "services/frontend/src/frontend_service/openapi.json"
RELEASED = ROOT / "docs/api/released/openapi.json"
PAGE = "Page_"
"""How FastAPI names what is generic: `Page_TaskRead_` is `Page[TaskRead]`."""
MODULES: Mapping[str, tuple[str, ...]] = {
    "problems": (),
    "tasks": ("tasks",),
    "lists": ("projects", "labels", "filters"),
    "sync": ("batch", "changes"),
    "files": ("import", "export", "calendar"),
    "users": ("auth", "users", "tokens"),
    "chat": ("chat",),
    "notifications": ("notifications", "reminders", "preferences", "channels", "deliveries", "webhooks"),
    "analytics": ("analytics", "ops"),
}
"""Module → first segments of the paths whose schemas it has; what several use is in the first of them."""
SCHEMAS = "#/components/schemas/"
SCALARS = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}
LINE = 110

Schema = Mapping[str, Any]


def api_types(document: Schema, released: Schema) -> dict[str, str]:
    """The text of each module, by its file name. released: the document of the last release."""
    kept = released["components"]["schemas"]
    schemas: Mapping[str, Schema] = {
        name: _loosen_new_fields(schema, kept.get(name, schema))
        for name, schema in document["components"]["schemas"].items()
    }
    owners = _owners(document["paths"], schemas)
    return {f"{module}.py": _module(module, schemas, owners) for module in MODULES}


def _loosen_new_fields(schema: Schema, released: Schema) -> Schema:
    """The schema, with no field required that the released one doesn't have."""
    known = released.get("properties", ())
    return {**schema, "required": [name for name in schema.get("required", ()) if name in known]}


def _owners(paths: Schema, schemas: Mapping[str, Schema]) -> dict[str, str]:
    """Schema → module; pages are written where they are used."""
    owners = dict.fromkeys(("Problem", *_references(schemas["Problem"])), "problems")
    for module, segments in MODULES.items():
        pending = [
            name
            for path, operations in paths.items()
            if path.split("/")[1] in segments
            for name in _references(operations)
        ]
        while pending:
            name = pending.pop()
            if name not in owners:
                owners[name] = module
                pending += _references(schemas[name])
    return {name: module for name, module in owners.items() if not name.startswith(PAGE)}


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if str(value.get("$ref", "")).startswith(SCHEMAS):
            yield value["$ref"].rpartition("/")[2]
        for each in value.values():
            yield from _references(each)
    elif isinstance(value, list):
        for each in value:
            yield from _references(each)


def _module(module: str, schemas: Mapping[str, Schema], owners: Mapping[str, str]) -> str:
    own = sorted(name for name, owner in owners.items() if owner == module)
    imports: dict[str, set[str]] = {}
    for name in own:
        for used in _references(schemas[name]):
            if owners[used] != module:
                imports.setdefault(owners[used], set()).add(_name(used))
    blocks = [_typed_dict(name, schemas[name]) for name in _in_order(own, schemas)]
    head = [f'"""{module.capitalize()}, as the API has them; written by `make generate`."""', ""]
    head += ["from typing import Any, Literal, NotRequired, TypedDict", ""]
    head += [
        f"from contracts.api.{each} import {', '.join(sorted(imports[each]))}" for each in sorted(imports)
    ]
    return _formatted("\n".join([*head, "", *blocks]))


def _in_order(names: list[str], schemas: Mapping[str, Schema]) -> list[str]:
    """Each after those it refers to."""
    done: list[str] = []

    def visit(name: str) -> None:
        for used in _references(schemas[name]):
            if used in names and used not in done and used != name:
                visit(used)
        if name not in done:
            done.append(name)

    for name in names:
        visit(name)
    return done


def _typed_dict(name: str, schema: Schema) -> str:
    if "properties" not in schema:
        return f"{_name(name)} = {_type(schema)}\n"
    required = schema.get("required", ())
    fields = {
        field: _type(each) if field in required else f"NotRequired[{_type(each)}]"
        for field, each in schema["properties"].items()
    }
    if any(keyword.iskeyword(field) for field in fields):
        body = "".join(f'        "{field}": {kind},\n' for field, kind in fields.items())
        return f'{_name(name)} = TypedDict(\n    "{_name(name)}",\n    {{\n{body}    }},\n)\n'
    body = "".join(f"    {field}: {kind}\n" for field, kind in fields.items())
    return f"class {_name(name)}(TypedDict):\n{body}\n"


def _type(schema: Schema) -> str:
    if "$ref" in schema:
        return _name(schema["$ref"].rpartition("/")[2])
    several = schema.get("anyOf") or schema.get("oneOf")
    if several:
        return " | ".join(dict.fromkeys(_type(each) for each in several))
    if "enum" in schema or "const" in schema:
        values = schema.get("enum") or [schema["const"]]
        return f"Literal[{', '.join(json.dumps(value) for value in values)}]"
    if schema.get("type") == "array":
        return f"list[{_type(schema['items'])}]" if "items" in schema else "list[Any]"
    if schema.get("type") == "object":
        more = schema.get("additionalProperties")
        return f"dict[str, {_type(more)}]" if isinstance(more, dict) else "dict[str, Any]"
    return SCALARS.get(schema.get("type", ""), "Any")


def _name(schema: str) -> str:
    return schema.replace("-", "")


def _formatted(text: str) -> str:
    """As ruff has it; names that are not used are not imported."""
    for command in (["check", "--fix-only", "--select", "F401,I"], ["format"]):
        ruff = [
            sys.executable,
            "-m",
            "ruff",
            *command,
            "--quiet",
            "--stdin-filename",
            "contracts/api/x.py",
            "-",
        ]
        text = subprocess.run(ruff, input=text, capture_output=True, text=True, check=True).stdout
    return text


def write(folder: Path) -> None:
    for name, text in api_types(json.loads(DOCUMENT.read_text()), json.loads(RELEASED.read_text())).items():
        (folder / name).write_text(text)


if __name__ == "__main__":
    write(Path(sys.argv[1]))
