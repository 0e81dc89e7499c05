"""Making tokens: short-lived access tokens (JWT), single-use refresh tokens, and API tokens."""

import hashlib
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt

from contracts.scopes import API_TOKEN_PREFIX
from servicekit.security.auth import ALGORITHM, AUDIENCE, ISSUER
from user_service.models import ApiToken, User
from user_service.signing_keys import SigningKey


def make_access_token(user: User, key: SigningKey, life: timedelta, by: ApiToken | None = None) -> str:
    """A JWT that says who `user` is; any service can verify it with the published keys.

    by: the API token it is exchanged for, which may at most as much as a plain user; None for who signed in.
    """
    now = datetime.now(UTC)
    claims: dict[str, Any] = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": user.id,
        "role": user.role,
        "zoneinfo": user.time_zone,
        "week_start": user.week_start,
        "quick_add_marks": user.quick_add_marks,
        "iat": now,
        "exp": now + life,
    }
    if by is not None:
        claims |= {"scope": by.scope, "role": "user", "via": {"token": by.id, "name": by.name}}
    return jwt.encode(claims, key.private, algorithm=ALGORITHM, headers={"kid": key.id})


def make_refresh_token() -> str:
    """256 random bits: a fast hash protects them as well as a slow one would."""
    return secrets.token_urlsafe(32)


def make_api_token() -> str:
    """As random as a refresh token."""
    return API_TOKEN_PREFIX + secrets.token_urlsafe(32)


def hash_token(token: str) -> str:
    """What is stored of a refresh token or an API token."""
    return hashlib.sha256(token.encode()).hexdigest()
