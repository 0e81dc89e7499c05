"""`?fields=id,title,due_date`: answers with some fields of a task, each as it is in the whole."""

from functools import lru_cache
from typing import Annotated, Any

from fastapi import Query, Response
from pydantic import BaseModel, create_model

from servicekit.errors import Invalid
from task_service.schemas import TaskPart

_FIELDS = TaskPart.model_fields
NAMES = tuple(_FIELDS)
_NAME = f" *(?:{'|'.join(NAMES)}) *"

FieldsParam = Annotated[
    str | None,
    Query(
        max_length=1000,
        description="such as `id,title,due_date`: nothing but these, and `id`; without it all",
        json_schema_extra={"pattern": f"^{_NAME}(?:,{_NAME})*$"},
    ),
]


def schema_with(asked: str | None) -> type[BaseModel]:
    """The schema with the fields that are asked for, or all. Raises `Invalid`, naming what is no field."""
    if asked is None:
        return TaskPart
    chosen, position = {"id"}, 0
    for part in asked.split(","):
        chosen.add(_field(part, position))
        position += len(part) + 1
    return _schema_of(frozenset(chosen))


def shown(content: BaseModel, headers: dict[str, str] | None = None) -> Response:
    """An answer that is not held against the schema of whole tasks."""
    return Response(content.model_dump_json(by_alias=True), headers=headers, media_type="application/json")


def _field(part: str, start: int) -> str:
    name = part.strip(" ")
    if name not in NAMES:
        position = start + len(part) - len(part.lstrip(" "))
        detail = f"A task has no field “{name}”. It has: {', '.join(NAMES)}."
        raise Invalid.field("?fields", detail, code="fields-invalid", position=position)
    return name


@lru_cache(maxsize=64)
def _schema_of(fields: frozenset[str]) -> type[BaseModel]:
    """A schema of these fields alone: what is not asked for is not even read from the task."""
    chosen: dict[str, Any] = {
        name: (_FIELDS[name].annotation, _FIELDS[name]) for name in NAMES if name in fields
    }
    return create_model("TaskPart", __config__=TaskPart.model_config, **chosen)
