"""What services answer each other on routes that are no part of the public API."""

from typing import Any, TypedDict


class ExchangedToken(TypedDict):
    """`POST /auth/exchange` of the user service: what an API token is worth."""

    access_token: str
    expires_in: int
    """Seconds."""


class ExportPage(TypedDict):
    """`GET /export/pages` of the task service: a part of what is kept of an account, as it is exported."""

    items: list[dict[str, Any]]
    next: str | None
    """What to go on behind; None at the end."""
