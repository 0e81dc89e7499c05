"""Schemas of the OpenAPI document in words and tables of Markdown."""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

Document = dict[str, Any]

SCHEMAS = "schemas.md"
RANGES = (
    ("minLength", "maxLength", " characters"),
    ("minItems", "maxItems", " items"),
    ("minimum", "maximum", ""),
)
"""Lower bound, upper bound, what is counted."""
LONGEST_PATTERN = 60


def resolve(each: Document, document: Document) -> Document:
    """What a `$ref` of the document stands for; others as they are."""
    if "$ref" not in each:
        return each
    found: Any = document
    for step in each["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    return resolve(found, document)


def describe(text: str, *details: str) -> str:
    """A description as the cell of a table, with details in brackets behind it."""
    one_line = " ".join(link_documents(text).split()).replace("|", "\\|")
    more = "; ".join(filter(None, details))
    return f"{one_line.rstrip('.')} ({more})" if more else one_line


def link_documents(text: str) -> str:
    """The documents that a description names, as links."""
    return re.sub(r"(?<![`\w/])docs/([\w-]+\.md)", r"[\1](../\1)", text)


def type_of(schema: Document, document: Document) -> str:
    """The type of a value: `string (date) or null`, with links to schemas that have a name."""
    if "$ref" in schema:
        title = resolve(schema, document)["title"]
        return f"[{title}]({SCHEMAS}#{title})"
    several = schema.get("anyOf") or schema.get("oneOf")
    if several:
        return " or ".join(dict.fromkeys(type_of(each, document) for each in several))
    if "const" in schema or "enum" in schema:
        return " or ".join(f"`{json.dumps(each)}`" for each in schema.get("enum", [schema.get("const")]))
    if schema.get("type") == "array":
        return f"array of {type_of(schema.get('items', {}), document)}"
    if isinstance(schema.get("additionalProperties"), dict):
        return f"object with values of {type_of(schema['additionalProperties'], document)}"
    if "contentSchema" in schema:
        return f"text with an {type_of(schema['contentSchema'], document)}"
    form = schema.get("format")
    return f"{schema.get('type', 'any')} ({form})" if form else str(schema.get("type", "any"))


def bounds_of(schema: Document) -> str:
    """Limits and the default of a value, such as `up to 500 characters; default: 0`."""
    return "; ".join(dict.fromkeys(_bounds(schema)))


def _bounds(schema: Document) -> Iterator[str]:
    for each in schema.get("anyOf", ()):
        yield from (bound for bound in _bounds(each) if not bound.startswith("default"))
    yield from filter(None, (_range(schema, *each) for each in RANGES))
    if 0 < len(schema.get("pattern", "")) <= LONGEST_PATTERN:
        yield f"matches `{schema['pattern']}`"
    if schema.get("default") not in (None, "", [], {}):
        yield f"default: `{json.dumps(schema['default'])}`"


def _range(schema: Document, lower: str, upper: str, counted: str) -> str:
    if lower in schema and upper in schema:
        return f"{schema[lower]:g} to {schema[upper]:g}{counted}"
    if upper in schema:
        return f"up to {schema[upper]:g}{counted}"
    return f"at least {schema[lower]:g}{counted}" if lower in schema else ""


def table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines) if rows else ""


def fields_of(schema: Document, document: Document) -> str:
    """The table of the fields of an object; empty for what has none."""
    required = schema.get("required", ())
    rows = [
        (
            f"`{name}`" + (" **required**" if name in required else ""),
            type_of(each, document),
            describe(each.get("description", ""), bounds_of(each)),
        )
        for name, each in schema.get("properties", {}).items()
    ]
    return table(("field", "type", "description"), rows)


def schema_section(schema: Document, document: Document) -> str:
    """One schema under its heading."""
    parts = [f"## {schema['title']} {{ #{schema['title']} }}", describe(schema.get("description", ""))]
    if "discriminator" in schema:
        tells, mapping = schema["discriminator"]["propertyName"], schema["discriminator"]["mapping"]
        rows = [(f"`{value}`", type_of({"$ref": each}, document)) for value, each in mapping.items()]
        parts.append(table((f"`{tells}`", "schema"), rows))
    else:
        parts.append(fields_of(schema, document))
    return "\n\n".join(filter(None, parts)) + "\n"
