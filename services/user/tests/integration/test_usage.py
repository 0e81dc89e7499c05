"""What an account uses of the user service, and what leaves it again. On both databases."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select, update
from sqlmodel import col
from user_service import use_cases
from user_service.models import RefreshToken

from conftest import ServiceUnderTest
from services.user.tests.accounts import ACCOUNT, signed_up


async def used(user: ServiceUnderTest) -> dict[str, int]:
    response = await user.client.get("/usage")
    assert response.status_code == 200, response.text
    return {item["name"]: item["used"] for item in response.json()["items"]}


async def count_refresh_tokens(user: ServiceUnderTest) -> int:
    async with user.database.reading() as session:
        return (await session.scalar(select(func.count()).select_from(RefreshToken))) or 0


async def refresh(user: ServiceUnderTest, token: str) -> int:
    return (await user.client.post("/auth/refresh", json={"refresh_token": token})).status_code


class TestUsage:
    async def test_counts_sessions_and_api_tokens(self, user: ServiceUnderTest) -> None:
        first = await signed_up(user)
        assert await used(user) == {"sessions": 1, "api_tokens": 0}
        await user.client.post("/auth/sign-in", json=ACCOUNT)
        await refresh(user, first["refresh_token"])
        await user.client.post("/tokens", json={"name": "x", "scopes": ["tasks:read"]})
        assert await used(user) == {"sessions": 2, "api_tokens": 1}

    async def test_ends_the_oldest_session_for_one_too_many(self, user: ServiceUnderTest) -> None:
        user.app.state.settings.quota_sessions = 2
        tokens = [(await signed_up(user))["refresh_token"]]
        for _ in range(2):
            tokens.append((await user.client.post("/auth/sign-in", json=ACCOUNT)).json()["refresh_token"])
        assert (await used(user))["sessions"] == 2
        assert [await refresh(user, token) for token in tokens] == [401, 200, 200]


class TestExpiredRefreshTokens:
    async def test_are_deleted_and_no_others(self, user: ServiceUnderTest) -> None:
        kept = (await signed_up(user))["refresh_token"]
        gone = (await user.client.post("/auth/sign-in", json=ACCOUNT)).json()["refresh_token"]
        async with user.database.transaction() as session:
            newest = select(func.max(col(RefreshToken.expires_at))).scalar_subquery()
            await session.execute(
                update(RefreshToken)
                .where(col(RefreshToken.expires_at) == newest)
                .values(expires_at=datetime.now(UTC) - timedelta(seconds=1))
            )
        async with user.database.transaction() as session:
            await use_cases.purge_refresh_tokens(session)
        assert await count_refresh_tokens(user) == 1
        assert [await refresh(user, token) for token in (kept, gone)] == [200, 401]
