"""Whom a request counts against, when the keys that would tell are slow to come."""

import asyncio
from dataclasses import dataclass
from types import SimpleNamespace

import pytest
from frontend_service.gateway import client_identification
from frontend_service.gateway.api_tokens import ApiTokenExchange
from frontend_service.gateway.client_identification import ClientIdentifier, client_network
from frontend_service.gateway.sessions import Sessions, encryption_key

from servicekit.security.auth import JWKS_MIN_REFRESH_SECONDS, Principal, TokenVerifier
from services.frontend.tests.fake_services import FakeServices

BEARER = {"authorization": "bearer token"}


@dataclass
class SlowVerifier(TokenVerifier):
    """Verifies anything once `keys_are_there` is set, and not before."""

    calls: int = 0

    def __post_init__(self) -> None:
        self.keys_are_there = asyncio.Event()

    async def verify(self, token: str) -> Principal:
        self.calls += 1
        await self.keys_are_there.wait()
        return Principal("ada", "user", "UTC", token, 2**40)


@pytest.fixture
def verifier(services: FakeServices) -> SlowVerifier:
    return SlowVerifier(keys=None)  # type: ignore[arg-type]  # asks for none


@pytest.fixture
def identifier(
    verifier: SlowVerifier, services: FakeServices, monkeypatch: pytest.MonkeyPatch
) -> ClientIdentifier:
    monkeypatch.setattr(client_identification, "KEYS_SECONDS", 0.01)
    return ClientIdentifier(
        verifier, Sessions(encryption_key("secret"), False, services), ApiTokenExchange(services)
    )


class TestIdentifiedUser:
    async def test_never_collides_with_an_address_of_that_name(
        self, identifier: ClientIdentifier, verifier: SlowVerifier
    ) -> None:
        verifier.keys_are_there.set()
        assert await identifier.identify_request(BEARER, "::1") != await identifier.identify_request(
            {}, "ada"
        )

    async def test_falls_back_to_the_address_without_a_bearer_token(
        self, identifier: ClientIdentifier, verifier: SlowVerifier
    ) -> None:
        verifier.keys_are_there.set()
        for text in ("Basic token", "token", "", "Bearertoken"):
            found = await identifier.identify_request({"authorization": text}, "::1")
            assert found == await identifier.identify_request({}, "::1")

    async def test_falls_back_to_the_address_while_keys_are_unavailable(
        self, identifier: ClientIdentifier, verifier: SlowVerifier, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        now = [1000.0]
        monkeypatch.setattr(client_identification, "time", SimpleNamespace(monotonic=lambda: now[0]))
        for _ in range(3):
            assert await identifier.identify_request(BEARER, "::1") == await identifier.identify_request(
                {}, "::1"
            )
        assert verifier.calls == 1
        verifier.keys_are_there.set()
        now[0] += JWKS_MIN_REFRESH_SECONDS
        assert await identifier.identify_request(BEARER, "::1") == await identifier.identify_request(
            BEARER, "::2"
        )


class TestIdentifiedAddress:
    @pytest.mark.parametrize(
        ("address", "network"),
        [
            ("203.0.113.7", "203.0.113.7"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
            ("2001:db8:1:2::", "2001:db8:1:2::/64"),
            ("::ffff:203.0.113.7", "203.0.113.7"),
            ("fe80::1%eth0", "fe80::/64"),
            ("no:address", "no:address"),
            ("", ""),
        ],
    )
    def test_of_ipv6_is_identified_by_its_network(self, address: str, network: str) -> None:
        assert client_network(address) == network
