"""Whom a request counts against: the user it comes from, once that is verified, else its address.

What a request says of itself is made up in no time, so nothing of it counts unverified.
"""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address

from starlette.requests import HTTPConnection

from frontend_service.gateway.api_tokens import ApiTokenExchange, is_api_token
from frontend_service.gateway.sessions import Sessions
from servicekit.errors import Unauthenticated, Unavailable
from servicekit.security.auth import JWKS_MIN_REFRESH_SECONDS, TokenVerifier, parse_bearer_token

KEYS_SECONDS = 1.0
"""How long a request waits for keys to be counted; without any it counts against its address."""


@dataclass(slots=True)
class ClientIdentifier:
    """Tells clients apart by access token or session, and by address."""

    verifier: TokenVerifier
    sessions: Sessions
    api_tokens: ApiTokenExchange
    _ask_from: float = 0

    async def identify_request(self, headers: Mapping[str, str], address: str) -> str:
        """The key a request is counted under: `user <UUID>`, or `address <network>` of who is not verified.

        Never raises: a token that can't be verified counts against its address. An API token counts for its
        user only after it was exchanged once, since the exchange itself has to be limited. When the keys of
        the user service can't be had in `KEYS_SECONDS`, nobody waits for them for some seconds.
        """
        if "authorization" not in headers:
            return self.identify_browser(headers.get("cookie", ""), address)
        token = parse_bearer_token(headers["authorization"])
        if is_api_token(token):
            token = self.api_tokens.recall(token)
        return _client_key(await self._verified(token) if token else "", address)

    def identify_browser(self, cookie: str, address: str) -> str:
        """By the session, which nobody else can have encrypted."""
        session = self.sessions.open(cookie) if cookie else None
        return _client_key(session.user_id if session else "", address)

    def recall(self, authorization: str) -> str:
        """What `identify_request` said before of this token; empty if it is not known to be good."""
        token = parse_bearer_token(authorization)
        if is_api_token(token):
            token = self.api_tokens.recall(token)
        principal = self.verifier.remembered(token)
        return _client_key(principal.user_id, "") if principal else ""

    async def _verified(self, token: str) -> str:
        if time.monotonic() < self._ask_from:
            return ""
        try:
            async with asyncio.timeout(KEYS_SECONDS):
                return (await self.verifier.verify(token)).user_id
        except Unauthenticated:
            return ""
        except (Unavailable, TimeoutError):
            self._ask_from = time.monotonic() + JWKS_MIN_REFRESH_SECONDS
            return ""


def client_network(address: str) -> str:
    """The address, or of IPv6 the /64 it is in: one line or one machine has that many (RFC 6177)."""
    if ":" not in address:
        return address
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if not isinstance(found, IPv6Address) or found.ipv4_mapped:
        return str(getattr(found, "ipv4_mapped", found))
    return f"{IPv6Address(int(found) >> 64 << 64)}/64"


def client_address(connection: HTTPConnection) -> str:
    """Where a request comes from, as the last proxy that is believed tells it; empty if nobody knows."""
    return connection.client.host if connection.client else ""


def _client_key(user_id: str, address: str) -> str:
    return f"user {user_id}" if user_id else f"address {client_network(address)}"
