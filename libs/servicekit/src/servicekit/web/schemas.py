"""Bases of what an API takes: unknown fields are refused, text can be stored everywhere."""

from datetime import UTC, datetime, time
from functools import cache
from typing import Annotated, Any, ClassVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    GetJsonSchemaHandler,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from contracts.json_types import find_mistake


def _storable(text: str) -> str:
    if "\x00" in text:
        raise ValueError("the character U+0000 can't be stored")
    return text


Text = Annotated[str, AfterValidator(_storable)]
"""Text that PostgreSQL takes."""


_FIRST, _LAST = datetime(1, 1, 3, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC)


def _storable_instant(value: datetime) -> datetime:
    if not _FIRST <= value < _LAST:
        raise ValueError("a date and time outside the supported range")
    return value.astimezone(UTC).replace(microsecond=0)


Instant = Annotated[AwareDatetime, AfterValidator(_storable_instant)]
"""In whole seconds, and with a date in every time zone: two days away from the ends of the calendar."""


def _wall_clock(value: time) -> time:
    if value.tzinfo:
        raise ValueError("a local time takes no UTC offset")
    return value.replace(microsecond=0)


WallClock = Annotated[
    time, AfterValidator(_wall_clock), WithJsonSchema({"type": "string", "format": "time-local"})
]
"""A time of day without a zone: `09:00:00`. The format `time` would need an offset (RFC 3339, full-time)."""


class ResponseModel(BaseModel, from_attributes=True, use_attribute_docstrings=True):
    """What a client gets. The docstring below a field is its description in the OpenAPI document."""


class RequestBody(BaseModel, extra="forbid", use_attribute_docstrings=True):
    """What a client sends. Values have the types of JSON that the schema says: nothing is converted."""

    @field_validator("*", mode="before")
    @classmethod
    def has_the_type_of_its_schema(cls, value: Any, info: ValidationInfo) -> Any:
        schema = _schema_of(cls)
        alias = cls.model_fields[str(info.field_name)].alias or str(info.field_name)
        found = find_mistake(value, schema["properties"][alias], schema.get("$defs", {}))
        if found:
            raise ValueError(found)
        return value


@cache
def _schema_of(model: type[RequestBody]) -> dict[str, Any]:
    return model.model_json_schema(by_alias=True)


class MergePatch(RequestBody):
    """JSON merge-patch (RFC 7396): absent is untouched, null is back to the default.

    `model_dump(exclude_unset=True)` gives the changes. `never_null` names the fields that have no
    default to go back to.
    """

    never_null: ClassVar[frozenset[str]] = frozenset()

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        schema = handler.resolve_ref_schema(handler(core))
        for name, field in schema.get("properties", {}).items():
            if name not in cls.never_null and {"type": "null"} not in field.get("anyOf", []):
                annotations = {key: field.pop(key) for key in ("title", "description") if key in field}
                schema["properties"][name] = {"anyOf": [field, {"type": "null"}]} | annotations
        return schema

    @field_validator("*", mode="before")
    @classmethod
    def null_clears(cls, value: Any, info: ValidationInfo) -> Any:
        name = str(info.field_name)
        if value is not None or name in cls.never_null:
            return value
        return cls.model_fields[name].get_default(call_default_factory=True)
