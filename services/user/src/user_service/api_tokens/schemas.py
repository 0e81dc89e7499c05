"""What the API takes and shows of API tokens."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, Field, WithJsonSchema, field_validator

from contracts.scopes import SCOPES
from servicekit.web.schemas import Instant, RequestBody, ResponseModel, Text


def _known_once(scopes: list[str]) -> list[str]:
    unknown = [scope for scope in scopes if scope not in SCOPES]
    if unknown:
        raise ValueError(f"unknown scope {unknown[0]!r}; known scopes are {', '.join(SCOPES)}")
    return [scope for scope in SCOPES if scope in scopes]


def _not_blank(name: str) -> str:
    if not name.strip():
        raise ValueError("must not be blank")
    return name.strip()


TokenName = Annotated[Text, Field(min_length=1, max_length=100), AfterValidator(_not_blank)]
Scopes = Annotated[
    list[str],
    Field(min_length=1, max_length=len(SCOPES)),
    AfterValidator(_known_once),
    WithJsonSchema(
        {
            "type": "array",
            "items": {"type": "string", "enum": list(SCOPES)},
            "minItems": 1,
            "maxItems": len(SCOPES),
        }
    ),
]


class TokenCreate(RequestBody):
    """A new API token."""

    name: TokenName
    """What it is for; up to 100 characters."""
    scopes: Scopes
    """What it may do."""
    expires_at: Instant | None = Field(
        default=None, description="at most 366 days from now; null: in 90 days"
    )


class TokenRead(ResponseModel):
    """An API token, without what it takes to use it."""

    id: str
    """UUID."""
    name: str
    """What it is for."""
    prefix: str
    """Its first characters."""
    scopes: list[str] = Field(validation_alias="scope")
    """What it may do."""
    created_at: datetime
    """When it was created; RFC 3339, UTC."""
    expires_at: datetime
    """When it ends; RFC 3339, UTC."""
    last_used_at: datetime | None
    """To the minute."""

    @field_validator("scopes", mode="before")
    @classmethod
    def one_by_one(cls, scope: Any) -> Any:
        return scope.split() if isinstance(scope, str) else scope


class TokenCreated(TokenRead):
    """A new API token, with what it takes to use it."""

    token: str
    """Shown this once."""


class Exchange(RequestBody):
    """What the edge asks."""

    token: Annotated[str, Field(max_length=200)]
    """The API token."""


class Exchanged(ResponseModel):
    """An access token for an API token."""

    access_token: str
    """A JWT."""
    expires_in: int
    """Seconds."""
