"""Sessions are encrypted into cookies, decrypted from them, and renewed once for all tabs."""

import asyncio
import base64
import time
from datetime import timedelta

import pytest
from frontend_service.gateway.sessions import COOKIE, Session, Sessions, encryption_key, session_from_tokens

from contracts.names import App
from servicekit.dapr.sidecar import SidecarResponse
from servicekit.errors import Unavailable
from services.frontend.tests.fake_services import Call, FakeServices, access_token, problem, tokens
from tests.fake_sidecar import make_response

SESSION = Session("access", "refresh", 2**40)


@pytest.fixture
def sessions(services: FakeServices) -> Sessions:
    return Sessions(encryption_key("secret"), False, services)


def cookie_of(sessions: Sessions, session: Session = SESSION) -> str:
    return sessions.set_cookie(session).partition(";")[0]


class TestSessionCookie:
    def test_decrypts_to_what_was_encrypted(self, sessions: Sessions) -> None:
        assert sessions.open(f"theme=dark; {cookie_of(sessions)}") == SESSION

    def test_shows_nothing_of_the_tokens(self, sessions: Sessions) -> None:
        encrypted = base64.urlsafe_b64decode(cookie_of(sessions).partition("=")[2])
        assert b"refresh" not in encrypted

    def test_is_http_only_and_same_site(self, sessions: Sessions) -> None:
        assert "HttpOnly; SameSite=Lax" in sessions.set_cookie(SESSION)

    def test_is_secure_with_tls(self, services: FakeServices) -> None:
        secure = Sessions(encryption_key("secret"), True, services)
        assert secure.set_cookie(SESSION).endswith("; Secure")

    @pytest.mark.parametrize("place", [0, 11, 12, 40, -1])
    def test_that_was_tampered_with_is_ignored(self, sessions: Sessions, place: int) -> None:
        encrypted = bytearray(base64.urlsafe_b64decode(cookie_of(sessions).partition("=")[2]))
        encrypted[place] ^= 1
        forged = base64.urlsafe_b64encode(bytes(encrypted)).decode()
        assert sessions.open(f"{COOKIE}={forged}") is None

    def test_of_another_key_is_ignored(self, sessions: Sessions, services: FakeServices) -> None:
        assert Sessions(encryption_key("other"), False, services).open(cookie_of(sessions)) is None

    async def test_of_the_previous_key_is_decrypted_and_renewed_alike(
        self, sessions: Sessions, services: FakeServices
    ) -> None:
        after = Sessions(encryption_key("new"), False, services, encryption_key("secret"))
        assert after.open(cookie_of(sessions)) == SESSION
        reencrypted = after.set_cookie(SESSION).partition(";")[0]
        assert sessions.open(reencrypted) is None
        assert after.open(reencrypted) == SESSION
        assert Sessions(encryption_key("new"), False, services).open(reencrypted) == SESSION
        services.responses["POST /auth/refresh"] = tokens()
        await sessions.renew(SESSION)
        await after.renew(SESSION)
        assert len({call.headers["idempotency-key"] for call in services.calls}) == 1

    @pytest.mark.parametrize("header", ["", "theme=dark", f"{COOKIE}=", f"{COOKIE}=x", f"{COOKIE}=ééé", "="])
    def test_that_is_malformed_is_ignored(self, sessions: Sessions, header: str) -> None:
        assert sessions.open(header) is None


class TestSessionExpiry:
    def test_is_that_of_the_token(self) -> None:
        found = session_from_tokens(tokens(life=timedelta(minutes=1)).json())
        assert found.expires_at == pytest.approx(time.time() + 60, abs=2)


class TestSessionRenewal:
    async def test_gives_two_tabs_the_same_session(self, sessions: Sessions, services: FakeServices) -> None:
        services.responses["POST /auth/refresh"] = tokens(refresh="r2")
        first, second = await asyncio.gather(sessions.renew(SESSION), sessions.renew(SESSION))
        keys = {call.headers["idempotency-key"] for call in services.calls}
        assert len(keys) == 1
        assert first == second

    async def test_uses_a_key_nobody_else_can_make(self, sessions: Sessions, services: FakeServices) -> None:
        services.responses["POST /auth/refresh"] = tokens()
        await sessions.renew(SESSION)
        await Sessions(encryption_key("other"), False, services).renew(SESSION)
        first, second = (call.headers["idempotency-key"] for call in services.calls)
        assert first != second
        assert SESSION.refresh_token not in first

    async def test_of_a_revoked_session_returns_none(
        self, sessions: Sessions, services: FakeServices
    ) -> None:
        services.responses["POST /auth/refresh"] = problem(401, "refresh-token-invalid")
        assert await sessions.renew(SESSION) is None

    @pytest.mark.parametrize("status", [429, 500, 503])
    async def test_that_fails_for_a_moment_ends_no_session(
        self, sessions: Sessions, services: FakeServices, status: int
    ) -> None:
        services.responses["POST /auth/refresh"] = problem(status, "database-unavailable")
        with pytest.raises(Unavailable):
            await sessions.renew(SESSION)

    async def test_without_the_user_service_ends_no_session(
        self, sessions: Sessions, services: FakeServices
    ) -> None:
        services.away.add(App.USER)
        with pytest.raises(Unavailable):
            await sessions.renew(SESSION)

    async def test_continues_from_a_response_the_browser_never_got(
        self, sessions: Sessions, services: FakeServices
    ) -> None:
        expired = access_token(life=timedelta(minutes=-1))

        def refresh(call: Call) -> SidecarResponse:
            lost = call.json["refresh_token"] == SESSION.refresh_token
            return make_response(access_token=expired, refresh_token="r2") if lost else tokens(refresh="r3")

        services.responses["POST /auth/refresh"] = refresh
        renewed = await sessions.renew(SESSION)
        assert renewed is not None
        assert renewed.refresh_token == "r3"
