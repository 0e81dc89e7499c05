"""Whether a value of JSON has the type that its schema gives it.

Pydantic is generous where it reads Python: 0 and "0" become dates, "yes" and 1 become true, 1.0 an integer.
Its own strict mode would refuse dates in text as well, for a validator that runs before a field makes
Python of the JSON.
"""

import re
from collections.abc import Mapping
from datetime import date, datetime, time
from types import NoneType
from typing import Any

Schema = Mapping[str, Any]

_FORMS = {
    "date": re.compile(r"\d{4}-\d\d-\d\d"),
    "date-time": re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d.*", re.S),
    "time-local": re.compile(r"\d\d:\d\d.*", re.S),
}
"""How RFC 3339 writes these: a number in quotes is none of them."""
_SCALARS = (str, int, float, NoneType)
_TYPES: Any = {"string": str, "integer": int, "number": int | float, "boolean": bool, "null": NoneType}


def find_mistake(value: Any, schema: Schema, definitions: Schema) -> str:
    """What `value` should have been according to a JSON Schema; empty if that is what it is.

    Only types are looked at, and how dates are written: of everything else Pydantic tells. What is not
    from JSON, such as a date, passes.
    """
    if isinstance(value, date | datetime | time):
        return ""
    kinds = list(_alternatives(schema, definitions))
    if any(_fits(value, each) for each in kinds):
        return ""
    expected = dict.fromkeys(_name(each) for each in kinds)
    return f"must be of type {' or '.join(expected)}"


def _alternatives(schema: Schema, definitions: Schema) -> list[Schema]:
    if "$ref" in schema:
        return _alternatives(definitions.get(schema["$ref"].rpartition("/")[2], {}), definitions)
    several = schema.get("anyOf") or schema.get("oneOf")
    if several:
        return [found for each in several for found in _alternatives(each, definitions)]
    return [schema]


def _fits(value: Any, schema: Schema) -> bool:
    kind = schema.get("type")
    if kind in ("array", "object"):
        return not isinstance(value, (*_SCALARS, dict if kind == "array" else list))
    if isinstance(value, bool):
        return kind in ("boolean", None)
    form = _FORMS.get(schema.get("format", ""))
    return isinstance(value, _TYPES.get(kind, object)) and (form is None or bool(form.fullmatch(value)))


def _name(schema: Schema) -> str:
    form = schema.get("format", "")
    return form if form in _FORMS else str(schema.get("type"))
