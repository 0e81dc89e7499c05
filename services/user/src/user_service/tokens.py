"""Making tokens: short-lived access tokens (JWT) and single-use refresh tokens."""

import hashlib
import secrets
from datetime import UTC, datetime, timedelta

import jwt

from servicekit.auth import ALGORITHM, AUDIENCE, ISSUER
from user_service.keys import SigningKey
from user_service.models import User


def access_token(user: User, key: SigningKey, life: timedelta) -> str:
    """A JWT that says who `user` is; any service can verify it with the published keys."""
    now = datetime.now(UTC)
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": user.id,
        "role": user.role,
        "zoneinfo": user.time_zone,
        "week_start": user.week_start,
        "iat": now,
        "exp": now + life,
    }
    return jwt.encode(claims, key.private, algorithm=ALGORITHM, headers={"kid": key.id})


def new_refresh_token() -> str:
    """256 random bits: a fast hash protects them as well as a slow one would."""
    return secrets.token_urlsafe(32)


def hash_refresh_token(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
