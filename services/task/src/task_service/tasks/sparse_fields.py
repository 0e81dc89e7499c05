"""Sparse fieldsets: `?fields=id,title,due_date` returns only these fields of a task."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import Query

from servicekit.errors import Invalid
from task_service.tasks.presenters import TASK_FIELDS

_NAME = f" *(?:{'|'.join(TASK_FIELDS)}) *"

FieldsParam = Annotated[
    str | None,
    Query(
        max_length=1000,
        description="such as `id,title,due_date`: nothing but these, and `id`; without it all",
        json_schema_extra={"pattern": f"^{_NAME}(?:,{_NAME})*$"},
    ),
]


def parse_fields(fields: str | None) -> Sequence[str]:
    """The fields that are asked for, and `id`, or all, as they stand in a task.

    Raises `Invalid`, naming what is no field.
    """
    if fields is None:
        return TASK_FIELDS
    chosen, position = {"id"}, 0
    for part in fields.split(","):
        chosen.add(_validate_field(part, position))
        position += len(part) + 1
    return [name for name in TASK_FIELDS if name in chosen]


def _validate_field(part: str, start: int) -> str:
    name = part.strip(" ")
    if name not in TASK_FIELDS:
        position = start + len(part) - len(part.lstrip(" "))
        detail = f"Unknown field “{name}”. The fields are {', '.join(TASK_FIELDS)}."
        raise Invalid.field("?fields", detail, code="fields-invalid", position=position)
    return name
