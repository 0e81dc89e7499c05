"""What checking a password costs, and whom. On both databases."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession
from user_service import passwords
from user_service.passwords import HashingQueue

from conftest import ServiceUnderTest
from servicekit.persistence.database import Database
from services.user.tests.accounts import ACCOUNT, signed_up

HOLDS: ContextVar[bool] = ContextVar("holds", default=False)
"""Whether whoever runs is inside of a transaction."""
UNKNOWN = ACCOUNT | {"email": "nobody@example.com"}
REQUESTS = [
    ("/auth/sign-up", ACCOUNT, 409),
    ("/auth/sign-up", ACCOUNT | {"email": "bob@example.com"}, 201),
    ("/auth/sign-in", ACCOUNT, 200),
    ("/auth/sign-in", ACCOUNT | {"password": "wrong"}, 401),
    ("/auth/sign-in", UNKNOWN, 401),
]


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """One entry for each hash that is computed: whether a transaction was open meanwhile."""
    found: list[bool] = []
    run = HashingQueue.run

    async def noted(self: HashingQueue, work: Callable[..., Any], *given: str) -> Any:
        found.append(HOLDS.get())
        return await run(self, work, *given)

    monkeypatch.setattr(HashingQueue, "run", noted)
    return found


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("transaction", "reading"):
        monkeypatch.setattr(Database, name, _noting(getattr(Database, name)))


def _noting(opened: Callable[[Database], Any]) -> Callable[[Database], Any]:
    @asynccontextmanager
    async def noting(self: Database) -> AsyncIterator[AsyncSession]:
        async with opened(self) as session:
            token = HOLDS.set(True)
            try:
                yield session
            finally:
                HOLDS.reset(token)

    return noting


class TestAPassword:
    @pytest.mark.usefixtures("watched")
    async def test_is_hashed_once_whatever_comes_of_it_with_no_connection_held(
        self, user: ServiceUnderTest, hashed: list[bool]
    ) -> None:
        """So nothing of the time it takes says whether there is an account."""
        await signed_up(user)
        for path, body, status in REQUESTS:
            hashed.clear()
            response = await user.client.post(path, json=body, headers={"idempotency-key": f"{path}{body}"})
            assert (response.status_code, hashed) == (status, [False]), (path, body)

    async def test_that_would_wait_for_long_is_refused(
        self, user: ServiceUnderTest, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(passwords, "_queue", HashingQueue(at_once=1, waiting=-1))
        for path in ("/auth/sign-up", "/auth/sign-in"):
            response = await user.client.post(path, json=ACCOUNT)
            assert (response.status_code, response.json()["code"]) == (429, "sign-in-busy")
            assert int(response.headers["retry-after"]) > 0


class TestAKey:
    async def test_makes_one_session_however_often_it_comes(self, user: ServiceUnderTest) -> None:
        await signed_up(user)
        key = {"idempotency-key": "one"}
        first, second = [await user.client.post("/auth/sign-in", json=ACCOUNT, headers=key) for _ in range(2)]
        assert first.json() == second.json()
        assert second.headers["idempotent-replayed"] == "true"
