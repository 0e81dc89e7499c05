"""The fields of the filter language with their types: which operators and values each takes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from task_service.filtering.ast import Operator, ValueKind

FieldType = Literal["boolean", "number", "datetime", "text", "name", "task"]

_EQUAL: frozenset[Operator] = frozenset({"=", "!="})
_ALIKE: frozenset[Operator] = frozenset({"~"})
_LISTED: frozenset[Operator] = frozenset({"in", "not in"})
_ORDERED: frozenset[Operator] = frozenset({"<", "<=", ">", ">="})
OPERATORS: Mapping[FieldType, frozenset[Operator]] = {
    "boolean": _EQUAL,
    "number": _EQUAL | _ORDERED | _LISTED,
    "datetime": _EQUAL | _ORDERED | _LISTED,
    "text": _EQUAL | _ALIKE | _LISTED,
    "name": _EQUAL | _ALIKE | _LISTED,
    "task": _EQUAL | _LISTED,
}
VALUES: Mapping[FieldType, ValueKind] = {
    "boolean": "word",
    "number": "number",
    "datetime": "datetime",
    "text": "text",
    "name": "text",
    "task": "text",
}
EXAMPLES: Mapping[FieldType, str] = {
    "boolean": "true or false",
    "number": "a number from 0 to 4",
    "datetime": "a date like 2026-12-24, or now, today, tomorrow, yesterday, week, also with +3d, -1w or +2h",
    "text": 'text in double quotes, like "milk"',
    "name": 'a name in double quotes, like "home"',
    "task": "the id or title of a task in double quotes",
}


@dataclass(frozen=True, slots=True)
class Field:
    """A field. `nullable`: the field alone asks whether it is set, and `none` is a value."""

    type: FieldType
    nullable: bool = False

    @property
    def stands_alone(self) -> bool:
        return self.nullable or self.type == "boolean"


FIELDS: Mapping[str, Field] = {
    "done": Field("boolean"),
    "recurring": Field("boolean"),
    "overdue": Field("boolean"),
    "priority": Field("number"),
    "due": Field("datetime", nullable=True),
    "created": Field("datetime"),
    "updated": Field("datetime"),
    "completed": Field("datetime", nullable=True),
    "title": Field("text"),
    "notes": Field("text", nullable=True),
    "label": Field("name", nullable=True),
    "project": Field("name", nullable=True),
    "parent": Field("task", nullable=True),
}
