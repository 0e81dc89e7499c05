"""API tokens at the gateway: exchanged, at the user service, for access tokens that services verify.

What an API token was exchanged for is used for some seconds, so a token that was revoked is of no use any
more after that. While the user service is away it is used on, until it expires within the minute.
"""

import asyncio
import hashlib
import math
import re
import time
from collections import OrderedDict
from dataclasses import dataclass, field

from contracts.api.internal import ExchangedToken
from contracts.names import App
from contracts.scopes import API_TOKEN_PREFIX
from overload import deadline
from servicekit.dapr.sidecar import Sidecar
from servicekit.dapr.typed_responses import parse_response
from servicekit.errors import Unauthenticated, Unavailable
from servicekit.web.ids import new_id

FRESH_SECONDS = 3.0
PATIENCE_SECONDS = 4.0
"""For a response of the user service."""
REMEMBERED = 10_000
_WELL_FORMED = re.compile(re.escape(API_TOKEN_PREFIX) + r"[A-Za-z0-9_-]{43}")


def is_api_token(token: str) -> bool:
    """By its prefix only; whether it is valid, `ApiTokenExchange` finds out."""
    return token.startswith(API_TOKEN_PREFIX)


@dataclass(frozen=True, slots=True)
class _Exchanged:
    """What an API token is worth: an access token, or nothing."""

    access_token: str
    asked_at: float
    ends_at: float
    """Both by the clock that never jumps."""

    @property
    def is_fresh(self) -> bool:
        return time.monotonic() < min(self.asked_at + FRESH_SECONDS, self.ends_at)

    @property
    def is_expired(self) -> bool:
        return time.monotonic() >= self.ends_at


@dataclass(slots=True)
class ApiTokenExchange:
    """Exchanges API tokens; many requests at once with one token ask once.

    A response, a refusal too, is used for `FRESH_SECONDS`. `REMEMBERED` are kept, by the hash of the token;
    the one asked for longest ago is dropped first.
    """

    sidecar: Sidecar
    _known: OrderedDict[bytes, _Exchanged] = field(default_factory=OrderedDict)
    _asking: dict[bytes, "asyncio.Task[_Exchanged]"] = field(default_factory=dict)

    async def access_token(self, token: str) -> str:
        """What stands for the API token. Raises `Unauthenticated`, or `Unavailable` if it can't be known."""
        if not _WELL_FORMED.fullmatch(token):
            raise _create_refusal()
        key = _hash_token(token)
        known = self._known.get(key)
        if known is None or not known.is_fresh:
            known = await asyncio.shield(self._ask_once(key, token))
        if not known.access_token:
            raise _create_refusal()
        return known.access_token

    def recall(self, token: str) -> str:
        """What the API token was exchanged for the last time, if that can still be verified; else empty."""
        known = self._known.get(_hash_token(token))
        return known.access_token if known and not known.is_expired else ""

    def _ask_once(self, key: bytes, token: str) -> "asyncio.Task[_Exchanged]":
        task = self._asking.get(key)
        if task is None:
            with deadline.until(math.inf):  # others may wait for it who have more time
                task = self._asking[key] = asyncio.create_task(self._ask(key, token))
            task.add_done_callback(lambda _: self._asking.pop(key, None))
        return task

    async def _ask(self, key: bytes, token: str) -> _Exchanged:
        earlier = self._known.get(key)
        try:
            found = await self._exchange(token)
        except Unavailable:
            if earlier is None or not earlier.access_token or earlier.is_expired:
                raise
            found = _Exchanged(earlier.access_token, time.monotonic(), earlier.ends_at)
        self._known[key] = found
        self._known.move_to_end(key)
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        return found

    async def _exchange(self, token: str) -> _Exchanged:
        asked_at = time.monotonic()
        response = await self.sidecar.invoke(
            App.USER,
            "POST",
            "/auth/exchange",
            json={"token": token},
            headers={"idempotency-key": new_id()},  # asking again does no harm
            timeout=PATIENCE_SECONDS,
        )
        if response.status == 401:
            return _Exchanged("", asked_at, asked_at + FRESH_SECONDS)
        if response.status != 200:
            raise Unavailable("API tokens can't be checked right now.", code="user-unavailable")
        exchanged = parse_response(response, ExchangedToken, App.USER, "POST /auth/exchange")
        return _Exchanged(exchanged["access_token"], asked_at, asked_at + exchanged["expires_in"])


def _hash_token(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _create_refusal() -> Unauthenticated:
    return Unauthenticated("This API token is unknown, revoked or expired.", code="api-token-invalid")
