"""Users, as the API has them; written by `make generate`."""

from typing import Literal, NotRequired, TypedDict


class Usage(TypedDict):
    name: str
    used: int
    limit: int
    unit: NotRequired[Literal["count", "bytes"]]
    window_seconds: NotRequired[int | None]


class AccountUsage(TypedDict):
    items: list[Usage]
    missing: list[str]


class Refresh(TypedDict):
    refresh_token: str


class SignIn(TypedDict):
    email: str
    password: str


class SignUp(TypedDict):
    email: str
    password: str
    name: NotRequired[str]
    time_zone: NotRequired[str]


class UserRead(TypedDict):
    id: str
    email: str
    name: str
    time_zone: str
    week_start: Literal["monday", "saturday", "sunday"] | None
    quick_add_marks: Literal["todo", "todoist", "vikunja"] | None
    role: str
    version: int
    created_at: str
    updated_at: str


class SignedIn(TypedDict):
    access_token: str
    refresh_token: str
    expires_in: int
    user: UserRead


class TokenCreate(TypedDict):
    name: str
    scopes: list[
        Literal[
            "tasks:read",
            "tasks:write",
            "notifications:read",
            "notifications:write",
            "channels:read",
            "channels:write",
            "chat:read",
            "chat:write",
            "analytics:read",
            "account:read",
        ]
    ]
    expires_at: NotRequired[str | None]


class TokenCreated(TypedDict):
    id: str
    name: str
    prefix: str
    scopes: list[str]
    created_at: str
    expires_at: str
    last_used_at: str | None
    token: str


class TokenRead(TypedDict):
    id: str
    name: str
    prefix: str
    scopes: list[str]
    created_at: str
    expires_at: str
    last_used_at: str | None


class Tokens(TypedDict):
    access_token: str
    refresh_token: str
    expires_in: int


class UserPatch(TypedDict):
    name: NotRequired[str | None]
    time_zone: NotRequired[str | None]
    week_start: NotRequired[Literal["monday", "saturday", "sunday"] | None]
    quick_add_marks: NotRequired[Literal["todo", "todoist", "vikunja"] | None]
