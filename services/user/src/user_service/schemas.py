"""What the API of the user service takes and shows."""

import unicodedata
from datetime import datetime
from typing import Annotated, Literal

import email_validator
from pydantic import AfterValidator, Field

from contracts.zones import TimeZone
from servicekit.web.schemas import MergePatch, RequestBody, ResponseModel, Text

email_validator.SPECIAL_USE_DOMAIN_NAMES.clear()  # self-hosters use names like .local and .test


def _normalize_email(value: str) -> str:
    try:
        found = email_validator.validate_email(value, check_deliverability=False)
    except email_validator.EmailNotValidError as error:
        raise ValueError(str(error)) from error
    return unicodedata.normalize("NFC", found.normalized.lower())


Email = Annotated[Text, Field(max_length=254), AfterValidator(_normalize_email)]
Password = Annotated[str, Field(min_length=8, max_length=128)]
Name = Annotated[Text, Field(max_length=200)]
WeekStart = Literal["monday", "saturday", "sunday"]
QuickAddMarks = Literal["todo", "todoist", "vikunja"]


class SignUp(RequestBody):
    """A new account."""

    email: Email
    """Address to sign in with; no two accounts have the same."""
    password: Password
    """From 8 to 128 characters."""
    name: Name = ""
    """What to be called; up to 200 characters."""
    time_zone: TimeZone = "UTC"
    """IANA name of the zone, such as `Europe/Berlin`."""


class SignIn(RequestBody):
    """Credentials of an account."""

    email: Email
    """Address the account was made with."""
    password: Annotated[str, Field(max_length=128)]
    """Its password."""


class Refresh(RequestBody):
    """A refresh token, which is good for one use."""

    refresh_token: Annotated[str, Field(max_length=200)]
    """As signing up, signing in or the last refresh gave it."""


class UserPatch(MergePatch):
    """What can be changed of an account."""

    name: Name = ""
    """What to be called; up to 200 characters."""
    time_zone: TimeZone = "UTC"
    """IANA name of the zone, such as `Europe/Berlin`."""
    week_start: WeekStart | None = Field(default=None, description="null: as in the country of the zone")
    quick_add_marks: QuickAddMarks | None = Field(
        default=None, description="whose signs quick add reads; null: todo"
    )


class UserRead(ResponseModel):
    """An account as it is now."""

    id: str
    """UUID of the account."""
    email: str
    """Address to sign in with, in lower case."""
    name: str
    """What to be called; may be empty."""
    time_zone: str
    """IANA name of the zone days and floating times are meant in."""
    week_start: WeekStart | None
    """The first day of the week; null: as in the country of the zone."""
    quick_add_marks: QuickAddMarks | None
    """Whose signs quick add reads; null: `todo`."""
    role: str
    """`user`, or `operator` for who looks after the server."""
    version: int
    """Raised by every change; the `ETag` is this number in quotes."""
    created_at: datetime
    """When it was created; RFC 3339, UTC."""
    updated_at: datetime
    """When it was last changed; RFC 3339, UTC."""


class Tokens(ResponseModel):
    """Tokens of a session."""

    access_token: str
    """Sent as `Authorization: Bearer …`; a JWT, good for some minutes."""
    refresh_token: str
    """For one refresh; good for 30 days."""
    expires_in: int
    """Seconds until the access token expires."""


class SignedIn(Tokens):
    """An account with the tokens of a new session."""

    user: UserRead
    """The account."""
