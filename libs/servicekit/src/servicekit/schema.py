"""Bases of what an API takes: unknown fields are refused, text can be stored everywhere."""

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationInfo, field_validator


def _storable(text: str) -> str:
    if "\x00" in text:
        raise ValueError("the character U+0000 can't be stored")
    return text


Text = Annotated[str, AfterValidator(_storable)]
"""Text that PostgreSQL takes."""


class RequestBody(BaseModel):
    """What a client sends."""

    model_config = ConfigDict(extra="forbid")


class MergePatch(RequestBody):
    """JSON merge-patch (RFC 7396): absent is untouched, null is back to the default.

    `model_dump(exclude_unset=True)` gives the changes.
    """

    @field_validator("*", mode="before")
    @classmethod
    def null_clears(cls, value: Any, info: ValidationInfo) -> Any:
        return (
            cls.model_fields[str(info.field_name)].get_default(call_default_factory=True)
            if value is None
            else value
        )
