"""Who is asking: access tokens are verified here, from the keys the user service publishes.

Tokens are JWTs signed with EdDSA (RFC 8037), issued by the user service and good for minutes. One that was
issued for an API token has the claim `scope` (RFC 9068) and opens only routes whose scopes it has.
"""

import math
import time
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, Literal, Protocol

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from fastapi import Depends, Request, params
from fastapi.openapi.models import HTTPBearer as HTTPBearerModel
from fastapi.security.base import SecurityBase

from contracts.api.internal import PublicKey, PublicKeys
from contracts.names import App
from contracts.scopes import OF_CONTENT
from overload import deadline
from servicekit.dapr.app_token import CALLER
from servicekit.dapr.sidecar import Sidecar
from servicekit.dapr.typed_responses import parse_response
from servicekit.errors import Forbidden, InsufficientScope, Unauthenticated, Unavailable

ISSUER = "todo"
AUDIENCE = "todo-api"
ALGORITHM = "EdDSA"
JWKS_PATH = "/.well-known/jwks.json"
API_PREFIX = "/api/v1"
"""What the edge takes off a path before a service sees it."""
CLOCK_SKEW_SECONDS = 30
JWKS_MAX_AGE_SECONDS = 3600
JWKS_MIN_REFRESH_SECONDS = 5
MAX_CACHED_TOKENS = 10_000

Role = Literal["user", "operator"]


@dataclass(frozen=True, slots=True)
class Agent:
    """What acts for a user: one of their API tokens, or the assistant."""

    token: str | None
    """The id of the API token."""
    name: str


ASSISTANT = Agent(None, "assistant")
"""What `chat` does it does for users who are signed in, with their own tokens."""


@dataclass(frozen=True, slots=True)
class Principal:
    """The account a verified token speaks for."""

    user_id: str
    role: Role
    time_zone: str
    """IANA zone, the OpenID Connect claim `zoneinfo`."""
    token: str
    expires_at: int
    """Unix time, seconds."""
    week_start: str | None = None
    """monday, saturday or sunday; None: as in the country of the zone."""
    scopes: frozenset[str] | None = None
    """What an API token may do; None: signed in, with every right of the account."""
    quick_add_marks: str | None = None
    """Whose signs this user writes in quick add."""
    via: Agent | None = None
    """The API token by which this is done; None: signed in."""

    def may(self, scope: str) -> bool:
        return self.scopes is None or scope in self.scopes


class KeySource(Protocol):
    """Where public keys come from."""

    async def find(self, kid: str) -> Ed25519PublicKey | None: ...


@dataclass(slots=True)
class JwksKeySource:
    """The keys of the user service, asked for through the sidecar and remembered.

    While the user service is away the remembered keys go on being used.
    """

    sidecar: Sidecar
    _keys: dict[str, Ed25519PublicKey] = field(default_factory=dict)
    _asked_at: float = -1e9

    async def find(self, kid: str) -> Ed25519PublicKey | None:
        age = time.monotonic() - self._asked_at
        if age > JWKS_MAX_AGE_SECONDS or (kid not in self._keys and age > JWKS_MIN_REFRESH_SECONDS):
            await self._ask()
        return self._keys.get(kid)

    async def _ask(self) -> None:
        try:
            with deadline.until(math.inf):  # all requests need them, not only the one that found them missing
                response = await self.sidecar.invoke(App.USER, "GET", JWKS_PATH)
            if response.status == 200:
                found = parse_response(response, PublicKeys, App.USER, f"GET {JWKS_PATH}")
                self._keys = {key["kid"]: _parse_public_key(key) for key in found["keys"]}
        except Unavailable:
            if not self._keys:
                raise
        self._asked_at = time.monotonic()


@dataclass(slots=True)
class TokenVerifier:
    """Verifies access tokens; a verified token is remembered until it expires."""

    keys: KeySource
    _seen: dict[str, Principal] = field(default_factory=dict)

    async def verify(self, token: str) -> Principal:
        """The account of `token`. Raises `Unauthenticated`, or `Unavailable` without any key."""
        known = self.remembered(token)
        if known:
            return known
        principal = _parse_principal(await self._claims(token), token)
        if len(self._seen) >= MAX_CACHED_TOKENS:
            self._seen.clear()
        self._seen[token] = principal
        return principal

    def remembered(self, token: str) -> Principal | None:
        """The account of a token that was verified before and is still good."""
        known = self._seen.get(token)
        return known if known and known.expires_at + CLOCK_SKEW_SECONDS > time.time() else None

    async def _claims(self, token: str) -> dict[str, Any]:
        try:
            key = await self.keys.find(str(jwt.get_unverified_header(token).get("kid")))
            if key is None:
                raise Unauthenticated("The token is signed with an unknown key.", code="invalid-token")
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=[ALGORITHM],
                audience=AUDIENCE,
                issuer=ISSUER,
                leeway=CLOCK_SKEW_SECONDS,
                options={"require": ["exp", "iat", "sub"]},
            )
        except jwt.ExpiredSignatureError as error:
            raise Unauthenticated("The token has expired.", code="token-expired") from error
        except jwt.InvalidTokenError as error:
            raise Unauthenticated("The token is not valid.", code="invalid-token") from error
        return claims


async def get_current_user(request: Request) -> Principal:
    """The account of the `Authorization` header. Raises `Unauthenticated` or `InsufficientScope`."""
    known: Principal | None = getattr(request.state, "principal", None)
    if known is None:
        known = await authorize_token(request, parse_bearer_token(request.headers.get("authorization", "")))
        if known.via is None and request.headers.get(CALLER) == App.CHAT:
            known = replace(known, via=ASSISTANT)
        request.state.principal = known
    return known


def can_read_content(request: Request) -> bool:
    """False for an API token that may write here and not read: what is stored is not for it."""
    principal: Principal | None = getattr(request.state, "principal", None)
    if principal is None or principal.scopes is None:
        return True
    needed = get_required_scopes(request.scope.get("route"))
    readable = {scope.replace(":write", ":read") for scope in needed if scope in OF_CONTENT}
    return all(map(principal.may, readable))


async def authorize_token(request: Request, token: str) -> Principal:
    """The account of an access token that may do this. Raises `Unauthenticated` or `InsufficientScope`."""
    if not token:
        raise Unauthenticated(code="token-missing")
    principal: Principal = await request.app.state.verifier.verify(token)
    if principal.scopes is not None:
        needed = get_required_scopes(request.scope.get("route"))
        if not needed or not principal.scopes.issuperset(needed):
            raise InsufficientScope(needed)
    return principal


def parse_bearer_token(authorization: str) -> str:
    """The token in an `Authorization` header (RFC 6750); empty if there is none."""
    scheme, _, token = authorization.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


async def get_current_operator(request: Request) -> Principal:
    """An account with the role `operator`. Raises `Unauthenticated` or `Forbidden`."""
    principal = await get_current_user(request)
    if principal.role != "operator":
        raise Forbidden("This needs the operator role.")
    return principal


def get_required_scopes(route: object) -> list[str]:
    """The scopes an API token needs for a route, all of them; empty if no API token may do it.

    The route names them: `Security(access_token, scopes=[…])` among its dependencies. That is also where the
    OpenAPI document has them from, and what fast reads go by, which solve no dependencies.
    """
    needed = (each for each in getattr(route, "dependencies", ()) if isinstance(each, params.Security))
    return [scope for each in needed for scope in each.scopes or ()]


class AccessToken(SecurityBase):
    """`Authorization: Bearer …` (RFC 6750), by which a route knows whom it works for."""

    def __init__(self) -> None:
        self.model = HTTPBearerModel(bearerFormat="JWT")
        self.scheme_name = "HTTPBearer"

    async def __call__(self, request: Request) -> Principal:
        return await get_current_user(request)


access_token = AccessToken()
CurrentUser = Annotated[Principal, Depends(get_current_user)]
CurrentOperator = Annotated[Principal, Depends(get_current_operator)]


def _parse_public_key(jwk: PublicKey) -> Ed25519PublicKey:
    key = jwt.PyJWK(dict(jwk), algorithm=ALGORITHM).key
    assert isinstance(key, Ed25519PublicKey)
    return key


def _parse_principal(claims: dict[str, Any], token: str) -> Principal:
    role: Role = "operator" if claims.get("role") == "operator" else "user"
    zone = str(claims.get("zoneinfo", "UTC"))
    week_start, scope = claims.get("week_start"), claims.get("scope")
    may = None if scope is None else frozenset(str(scope).split())
    return Principal(
        str(claims["sub"]),
        role,
        zone,
        token,
        int(claims["exp"]),
        week_start,
        may,
        claims.get("quick_add_marks"),
        _parse_agent(claims.get("via")),
    )


def _parse_agent(via: Any) -> Agent | None:
    return Agent(str(via["token"]), str(via["name"])) if isinstance(via, dict) else None
