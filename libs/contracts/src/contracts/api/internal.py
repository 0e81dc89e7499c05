"""What services answer each other on routes that are no part of the public API."""

from typing import Any, Literal, TypedDict


class Identified(TypedDict):
    """A thing of which only the id is read."""

    id: str


class PublicKey(TypedDict):
    """A JSON Web Key (RFC 7517), as far as it is needed to find it; the rest is read by PyJWT."""

    kid: str


class PublicKeys(TypedDict):
    """`GET /.well-known/jwks.json` of the user service."""

    keys: list[PublicKey]


class ReplayResult(TypedDict):
    """`POST /replays` of a service that handles events."""

    outcome: Literal["done", "nothing to do"]


class ExchangedToken(TypedDict):
    """`POST /auth/exchange` of the user service: what an API token is worth."""

    access_token: str
    expires_in: int
    """Seconds."""


class ExportPage(TypedDict):
    """`GET /export/pages` of the task service: a part of what is kept of an account, as it is exported."""

    items: list[dict[str, Any]]
    next: str | None
    """What to go on after; None at the end."""
