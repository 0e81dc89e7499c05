"""API tokens at the gateway: what the user service is asked, how often, and what becomes of the responses."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import pytest
from frontend_service.gateway import api_tokens
from frontend_service.gateway.api_tokens import ApiTokenExchange, is_api_token

from servicekit.dapr.sidecar import SidecarResponse
from servicekit.errors import Unauthenticated, Unavailable
from services.frontend.tests.fake_services import FakeServices, problem
from tests.fake_sidecar import make_response

TOKEN, OTHER = "todo_" + "a" * 43, "todo_" + "b" * 43


@dataclass
class Clock:
    now: float = 1000.0

    def monotonic(self) -> float:
        return self.now


@dataclass
class UserService(FakeServices):
    """Gives a new access token each time it is asked."""

    exchanged: list[str] = field(default_factory=list)
    refuses: bool = False
    breaks: bool = False

    async def invoke(self, *_: Any, json: Any = None, **__: Any) -> SidecarResponse:
        self.exchanged.append(json["token"])
        await asyncio.sleep(0)
        if self.breaks:
            raise Unavailable
        if self.refuses:
            return problem(401, "api-token-invalid")
        return make_response(access_token=f"access {len(self.exchanged)}", expires_in=60)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(api_tokens, "time", clock)
    return clock


@pytest.fixture
def user() -> UserService:
    return UserService()


@pytest.fixture
def tokens(user: UserService) -> ApiTokenExchange:
    return ApiTokenExchange(user)


@pytest.mark.usefixtures("clock")
class TestApiTokenExchange:
    def test_recognises_api_tokens_by_their_prefix(self) -> None:
        assert is_api_token("todo_x")
        assert not is_api_token("eyJhbGciOiJFZERTQSJ9.e30.c2ln")

    async def test_happens_once_for_many_requests(self, tokens: ApiTokenExchange, user: UserService) -> None:
        found = await asyncio.gather(*(tokens.access_token(TOKEN) for _ in range(5)))
        assert {*found, await tokens.access_token(TOKEN)} == {"access 1"}
        assert user.exchanged == [TOKEN]

    async def test_is_repeated_after_some_seconds(
        self, tokens: ApiTokenExchange, user: UserService, clock: Clock
    ) -> None:
        await tokens.access_token(TOKEN)
        clock.now += api_tokens.FRESH_SECONDS
        assert await tokens.access_token(TOKEN) == "access 2"

    async def test_rejects_a_revoked_token_after_some_seconds(
        self, tokens: ApiTokenExchange, user: UserService, clock: Clock
    ) -> None:
        await tokens.access_token(TOKEN)
        user.refuses = True
        assert await tokens.access_token(TOKEN) == "access 1"
        clock.now += api_tokens.FRESH_SECONDS
        for _ in range(3):
            with pytest.raises(Unauthenticated) as refusal:
                await tokens.access_token(TOKEN)
        assert refusal.value.code == "api-token-invalid"
        assert len(user.exchanged) == 2

    @pytest.mark.parametrize("token", ["todo_", "todo_" + "a" * 42, "todo_" + "a" * 44, "todo_" + "/" * 43])
    async def test_is_skipped_for_malformed_tokens(
        self, tokens: ApiTokenExchange, user: UserService, token: str
    ) -> None:
        with pytest.raises(Unauthenticated):
            await tokens.access_token(token)
        assert user.exchanged == []

    async def test_never_returns_the_access_token_of_another(self, tokens: ApiTokenExchange) -> None:
        assert await tokens.access_token(TOKEN) != await tokens.access_token(OTHER)

    async def test_never_stores_a_token_in_plain_text(self, tokens: ApiTokenExchange) -> None:
        await tokens.access_token(TOKEN)
        assert TOKEN not in repr((tokens._known, tokens._asking))

    async def test_uses_bounded_memory(
        self, tokens: ApiTokenExchange, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(api_tokens, "REMEMBERED", 3)
        for number in range(10):
            await tokens.access_token(f"todo_{number:043}")
        assert len(tokens._known) == 3
        assert tokens._asking == {}


class TestApiTokenExchangeWithoutTheUserService:
    async def test_keeps_using_a_known_access_token_until_it_expires(
        self, tokens: ApiTokenExchange, user: UserService, clock: Clock
    ) -> None:
        await tokens.access_token(TOKEN)
        user.breaks = True
        for _ in range(19):
            clock.now += api_tokens.FRESH_SECONDS
            assert await tokens.access_token(TOKEN) == "access 1"
        clock.now = 1060
        with pytest.raises(Unavailable):
            await tokens.access_token(TOKEN)

    async def test_does_not_ask_it_with_every_request(
        self, tokens: ApiTokenExchange, user: UserService, clock: Clock
    ) -> None:
        await tokens.access_token(TOKEN)
        user.breaks = True
        clock.now += api_tokens.FRESH_SECONDS
        for _ in range(5):
            await tokens.access_token(TOKEN)
        assert len(user.exchanged) == 2

    @pytest.mark.parametrize("earlier", [None, "refused"])
    async def test_rejects_unknown_tokens(
        self, tokens: ApiTokenExchange, user: UserService, clock: Clock, earlier: str | None
    ) -> None:
        if earlier:
            user.refuses = True
            with pytest.raises(Unauthenticated):
                await tokens.access_token(TOKEN)
            clock.now += api_tokens.FRESH_SECONDS
        user.breaks = True
        with pytest.raises(Unavailable):
            await tokens.access_token(TOKEN)
