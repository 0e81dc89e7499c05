"""What the API of the user service takes and shows."""

import unicodedata
from datetime import datetime
from typing import Annotated, Literal

import email_validator
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from contracts.zones import TimeZone
from servicekit.web.schemas import MergePatch, RequestBody, Text

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
    email: Email
    password: Password
    name: Name = ""
    time_zone: TimeZone = "UTC"


class SignIn(RequestBody):
    email: Email
    password: Annotated[str, Field(max_length=128)]


class Refresh(RequestBody):
    refresh_token: Annotated[str, Field(max_length=200)]


class UserPatch(MergePatch):
    name: Name = ""
    time_zone: TimeZone = "UTC"
    week_start: WeekStart | None = Field(default=None, description="null: as in the country of the zone")
    quick_add_marks: QuickAddMarks | None = Field(
        default=None, description="whose signs quick add reads; null: todo"
    )


class UserRead(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: str
    email: str
    name: str
    time_zone: str
    week_start: WeekStart | None
    quick_add_marks: QuickAddMarks | None
    role: str
    version: int
    created_at: datetime
    updated_at: datetime


class Tokens(BaseModel):
    access_token: str
    refresh_token: str
    expires_in: int
    """Seconds until the access token expires."""


class SignedIn(Tokens):
    user: UserRead
