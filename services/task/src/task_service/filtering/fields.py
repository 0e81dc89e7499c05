"""The fields of the filter language: what each can be compared with, and how."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from task_service.filtering.ast import Operator, ValueKind

FieldType = Literal["yes or no", "number", "moment", "text", "name", "task"]

_EQUAL: frozenset[Operator] = frozenset({"=", "!="})
_ALIKE: frozenset[Operator] = frozenset({"~"})
_LISTED: frozenset[Operator] = frozenset({"in", "not in"})
_ORDERED: frozenset[Operator] = frozenset({"<", "<=", ">", ">="})
OPERATORS: Mapping[FieldType, frozenset[Operator]] = {
    "yes or no": _EQUAL,
    "number": _EQUAL | _ORDERED | _LISTED,
    "moment": _EQUAL | _ORDERED | _LISTED,
    "text": _EQUAL | _ALIKE | _LISTED,
    "name": _EQUAL | _ALIKE | _LISTED,
    "task": _EQUAL | _LISTED,
}
VALUES: Mapping[FieldType, ValueKind] = {
    "yes or no": "word",
    "number": "number",
    "moment": "moment",
    "text": "text",
    "name": "text",
    "task": "text",
}
EXAMPLES: Mapping[FieldType, str] = {
    "yes or no": "true or false",
    "number": "a number from 0 to 4",
    "moment": "a date like 2026-12-24, or now, today, tomorrow, yesterday, week, also with +3d, -1w or +2h",
    "text": 'text in double quotes, like "milk"',
    "name": 'a name in double quotes, like "home"',
    "task": "the id or title of a task in double quotes",
}


@dataclass(frozen=True, slots=True)
class Field:
    """A field. `nullable`: a task may have none, so the field alone is a question, and `none` a value."""

    type: FieldType
    nullable: bool = False

    @property
    def stands_alone(self) -> bool:
        return self.nullable or self.type == "yes or no"


FIELDS: Mapping[str, Field] = {
    "done": Field("yes or no"),
    "recurring": Field("yes or no"),
    "overdue": Field("yes or no"),
    "priority": Field("number"),
    "due": Field("moment", nullable=True),
    "created": Field("moment"),
    "updated": Field("moment"),
    "completed": Field("moment", nullable=True),
    "title": Field("text"),
    "notes": Field("text", nullable=True),
    "label": Field("name", nullable=True),
    "project": Field("name", nullable=True),
    "parent": Field("task", nullable=True),
}
