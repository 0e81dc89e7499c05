"""Browser sessions: the tokens, encrypted (AES-256-GCM) into a cookie only this service can read.

Nothing is stored here, so a session lives through restarts and is good at every replica. The gateway
swaps the cookie for the access token and renews it when it runs out.
"""

import base64
import hashlib
import hmac
import os
import time
from dataclasses import dataclass

import jwt
import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from contracts.api.users import Tokens
from contracts.names import App
from servicekit.dapr.sidecar import Sidecar
from servicekit.dapr.typed_responses import parse_response
from servicekit.errors import Unavailable

COOKIE = "session"
LIFE_SECONDS = 30 * 24 * 3600
RENEW_BEFORE_SECONDS = 60
SECRET = "session"


@dataclass(frozen=True, slots=True)
class Session:
    """The tokens of one signed-in browser."""

    access_token: str
    refresh_token: str
    expires_at: int
    """When the access token expires; Unix time, seconds."""

    @property
    def user_id(self) -> str:
        """Who is signed in; the token came from the user service, so it is not verified once more."""
        return str(jwt.decode(self.access_token, options={"verify_signature": False})["sub"])

    @property
    def is_fresh(self) -> bool:
        """Whether the access token lasts another `RENEW_BEFORE_SECONDS`, so that it outlives the request."""
        return self.expires_at - RENEW_BEFORE_SECONDS > time.time()

    @property
    def is_expired(self) -> bool:
        """Whether the access token has expired."""
        return self.expires_at <= time.time()


@dataclass(frozen=True, slots=True)
class Sessions:
    """Encrypts, decrypts and renews sessions."""

    key: bytes
    secure: bool
    sidecar: Sidecar
    previous: bytes | None = None
    """The key before this one: cookies encrypted with it are read, and renewed with `key`."""

    @property
    def name(self) -> str:
        """Of the cookie; its prefix keeps other hosts and plain HTTP from setting it (RFC 6265bis)."""
        return f"__Host-{COOKIE}" if self.secure else COOKIE

    def open(self, cookie_header: str) -> Session | None:
        """The session in a `Cookie` header; None if there is none or it was not made here."""
        cookie = _find_cookie(cookie_header, self.name)
        found = _decrypt(cookie, self.key)
        return _decrypt(cookie, self.previous) if found is None and self.previous else found

    def set_cookie(self, session: Session) -> str:
        """The `Set-Cookie` value that keeps `session` in the browser."""
        nonce = os.urandom(12)
        plain = orjson.dumps([session.access_token, session.refresh_token, session.expires_at])
        encrypted = base64.urlsafe_b64encode(nonce + AESGCM(self.key).encrypt(nonce, plain, None)).decode()
        return f"{self.name}={encrypted}; Max-Age={LIFE_SECONDS}; {self._attributes}"

    def drop_cookie(self) -> str:
        """The `Set-Cookie` value that ends a session in the browser."""
        return f"{self.name}=; Max-Age=0; {self._attributes}"

    async def renew(self, session: Session) -> Session | None:
        """The session with fresh tokens, or None if it has ended. Raises `Unavailable`.

        Two tabs may do this at once with the same refresh token, which is good for one use: the
        idempotency key gives both the same response. It is made with a secret, so whoever stole a
        refresh token can't ask for that response. While the key is changed it is the one before, which the
        replicas have that don't know the new one yet.
        """
        key = hmac.new(self.previous or self.key, session.refresh_token.encode(), hashlib.sha256).hexdigest()
        response = await self.sidecar.invoke(
            App.USER,
            "POST",
            "/auth/refresh",
            json={"refresh_token": session.refresh_token},
            headers={"idempotency-key": f"session-{key}"},
        )
        if response.status == 401:
            return None
        if response.status != 200:
            raise Unavailable("The session can't be renewed right now.", code="user-unavailable")
        renewed = session_from_tokens(parse_response(response, Tokens, App.USER, "POST /auth/refresh"))
        if renewed.is_expired:  # a response of long ago, which the browser never got
            return await self.renew(renewed)
        return renewed

    @property
    def _attributes(self) -> str:
        return "Path=/; HttpOnly; SameSite=Lax" + ("; Secure" if self.secure else "")


def _decrypt(cookie: str, key: bytes) -> Session | None:
    try:
        encrypted = base64.urlsafe_b64decode(cookie)
        return Session(*orjson.loads(AESGCM(key).decrypt(encrypted[:12], encrypted[12:], None)))
    except (InvalidTag, ValueError, TypeError):
        return None


def _find_cookie(header: str, name: str) -> str:
    """The value of one cookie; empty if there is none.

    `http.cookies` of Python 3.11 takes time with the square of the backslashes in a header.
    """
    for part in header.split(";"):
        key, _, value = part.partition("=")
        if key.strip() == name:
            return value.strip()
    return ""


def session_from_tokens(tokens: Tokens) -> Session:
    """The session for a response of sign-up, sign-in or refresh.

    The token itself says when it expires: `expires_in` counts from when a response was made, and a
    repeated one was made earlier.
    """
    token = tokens["access_token"]
    claims = jwt.decode(token, options={"verify_signature": False})
    return Session(token, tokens["refresh_token"], int(claims["exp"]))


def encryption_key(secret: str) -> bytes:
    """A 256-bit key from the secret `session`."""
    return hashlib.sha256(b"todo session seal\0" + secret.encode()).digest()
