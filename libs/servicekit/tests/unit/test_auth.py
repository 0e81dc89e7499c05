"""Tokens are verified by published keys, and by nothing else."""

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contracts.names import App
from overload import deadline
from servicekit.dapr import sidecar
from servicekit.dapr.sidecar import SidecarResponse
from servicekit.errors import Unauthenticated, Unavailable
from servicekit.security import auth
from servicekit.security.auth import Agent, JwksKeySource, Principal, TokenVerifier
from tests.fake_sidecar import FakeSidecar, Request, make_response

OLD, NEW = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()


def token(key: Ed25519PrivateKey = OLD, kid: str = "old", without: str = "", **claims: Any) -> str:
    now = datetime.now(UTC)
    usual = {"iss": "todo", "aud": "todo-api", "sub": "ada", "iat": now, "exp": now + timedelta(minutes=5)}
    claims = {name: value for name, value in (usual | claims).items() if name != without}
    return jwt.encode(claims, key, algorithm="EdDSA", headers={"kid": kid})


@dataclass
class UserService(FakeSidecar):
    """The user service at the end of the sidecar: publishes keys, or is away."""

    keys: dict[str, Ed25519PrivateKey] = field(default_factory=lambda: {"old": OLD})
    away: bool = False

    @property
    def request_count(self) -> int:
        return len(self.requests)

    def respond(self, request: Request) -> SidecarResponse:
        assert request.headers["dapr-app-id"] == App.USER
        if self.away:
            raise Unavailable
        return make_response(keys=[_jwk(kid, key) for kid, key in self.keys.items()])


def _jwk(kid: str, key: Ed25519PrivateKey) -> dict[str, str]:
    jwk: dict[str, str] = orjson.loads(jwt.algorithms.OKPAlgorithm.to_jwk(key.public_key()))
    return jwk | {"kid": kid}


@pytest.fixture(autouse=True)
def one_try(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sidecar, "RETRY_PAUSES", ())


@pytest.fixture
def service() -> UserService:
    return UserService()


@pytest.fixture
def verifier(service: UserService) -> TokenVerifier:
    return TokenVerifier(JwksKeySource(service))


class TestVerify:
    async def test_tells_who_it_is(self, verifier: TokenVerifier) -> None:
        principal = await verifier.verify(token(role="operator", zoneinfo="Europe/Berlin"))
        assert (principal.user_id, principal.role, principal.time_zone) == (
            "ada",
            "operator",
            "Europe/Berlin",
        )

    @pytest.mark.parametrize("role", ["admin", "Operator", "", None, True, ["operator"]])
    async def test_takes_no_other_role_for_an_operator(self, verifier: TokenVerifier, role: Any) -> None:
        assert (await verifier.verify(token(role=role))).role == "user"

    @pytest.mark.parametrize("claim", ["exp", "iat", "sub", "aud", "iss"])
    async def test_refuses_what_lacks_a_claim(self, verifier: TokenVerifier, claim: str) -> None:
        with pytest.raises(Unauthenticated):
            await verifier.verify(token(without=claim))

    async def test_tells_where_the_week_starts(self, verifier: TokenVerifier) -> None:
        assert (await verifier.verify(token(week_start="sunday"))).week_start == "sunday"
        assert (await verifier.verify(token(week_start=None))).week_start is None
        assert (await verifier.verify(token())).week_start is None

    async def test_tells_whose_signs_are_written(self, verifier: TokenVerifier) -> None:
        assert (await verifier.verify(token(quick_add_marks="vikunja"))).quick_add_marks == "vikunja"
        assert (await verifier.verify(token())).quick_add_marks is None

    async def test_tells_which_api_token_acts(self, verifier: TokenVerifier) -> None:
        via = (await verifier.verify(token(via={"token": "7", "name": "laptop"}))).via
        assert via == Agent("7", "laptop")
        assert (await verifier.verify(token())).via is None

    async def test_tells_what_an_api_token_may_do(self, verifier: TokenVerifier) -> None:
        both = frozenset({"tasks:read", "chat:read"})
        assert (await verifier.verify(token(scope="tasks:read chat:read"))).scopes == both
        assert (await verifier.verify(token(scope=""))).scopes == frozenset()
        assert (await verifier.verify(token())).scopes is None

    @pytest.mark.parametrize(
        "claims",
        [
            {"aud": "other"},
            {"iss": "other"},
            {"exp": datetime.now(UTC) - timedelta(minutes=1)},
            {"iat": datetime.now(UTC) + timedelta(days=1)},
        ],
    )
    async def test_refuses_wrong_claims(self, verifier: TokenVerifier, claims: dict[str, Any]) -> None:
        with pytest.raises(Unauthenticated):
            await verifier.verify(token(**claims))

    @pytest.mark.parametrize("text", ["", "x", "a.b.c", "é", token(NEW)])
    async def test_refuses_what_is_not_signed_with_the_key(self, verifier: TokenVerifier, text: str) -> None:
        with pytest.raises(Unauthenticated):
            await verifier.verify(text)

    async def test_allows_clocks_to_differ_a_little(self, verifier: TokenVerifier) -> None:
        await verifier.verify(token(exp=datetime.now(UTC) - timedelta(seconds=10)))
        await verifier.verify(token(iat=datetime.now(UTC) + timedelta(seconds=10)))

    async def test_forgets_a_token_that_expired(self, verifier: TokenVerifier) -> None:
        past = datetime.now(UTC) - timedelta(hours=1)
        expired = token(exp=past)
        verifier._seen[expired] = Principal("ada", "user", "UTC", expired, int(past.timestamp()))
        with pytest.raises(Unauthenticated):
            await verifier.verify(expired)

    async def test_keeps_its_memory_bounded(
        self, verifier: TokenVerifier, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(auth, "MAX_CACHED_TOKENS", 3)
        for number in range(10):
            await verifier.verify(token(sub=str(number)))
        assert len(verifier._seen) <= 3


class TestPublishedKeys:
    async def test_are_asked_for_once(self, verifier: TokenVerifier, service: UserService) -> None:
        for number in range(5):
            await verifier.verify(token(sub=str(number)))
        assert service.request_count == 1

    async def test_are_asked_for_again_when_a_new_one_signs(
        self, verifier: TokenVerifier, service: UserService, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(auth, "JWKS_MIN_REFRESH_SECONDS", 0)
        await verifier.verify(token())
        service.keys["new"] = NEW
        await verifier.verify(token(NEW, "new"))
        assert service.request_count == 2

    async def test_are_asked_for_however_little_time_a_request_has(self, verifier: TokenVerifier) -> None:
        with deadline.until(time.monotonic()):
            assert (await verifier.verify(token())).user_id == "ada"

    async def test_are_not_asked_for_with_every_made_up_key_id(
        self, verifier: TokenVerifier, service: UserService
    ) -> None:
        for number in range(20):
            with pytest.raises(Unauthenticated):
                await verifier.verify(token(kid=str(number)))
        assert service.request_count == 1

    async def test_are_used_on_while_the_user_service_is_away(
        self, verifier: TokenVerifier, service: UserService, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await verifier.verify(token())
        service.away = True
        monkeypatch.setattr(auth, "JWKS_MAX_AGE_SECONDS", 0)
        await verifier.verify(token(sub="bob"))

    async def test_are_asked_for_now_and_then_while_the_user_service_is_away(
        self, verifier: TokenVerifier, service: UserService, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await verifier.verify(token())
        service.away = True
        with monkeypatch.context() as later:
            later.setattr(auth, "JWKS_MAX_AGE_SECONDS", 0)
            await verifier.verify(token(sub="bob"))
        for number in range(20):
            await verifier.verify(token(sub=str(number)))
            with pytest.raises(Unauthenticated):
                await verifier.verify(token(kid=str(number)))
        assert service.request_count == 2

    async def test_that_were_never_there_make_it_unavailable(
        self, verifier: TokenVerifier, service: UserService
    ) -> None:
        service.away = True
        with pytest.raises(Unavailable):
            await verifier.verify(token())
