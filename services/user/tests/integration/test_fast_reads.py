"""One's own account, read quickly, is that of its route, byte for byte. On both databases."""

from datetime import UTC, datetime
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, update
from sqlmodel import col
from user_service.models import User
from user_service.schemas import QuickAddMarks, WeekStart

from conftest import AnyToken, ServiceUnderTest
from tests.fast_reads import Limited, read_both_ways

fuzzy = settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=30)
FIRST, LAST = datetime(1, 1, 3), datetime(9999, 12, 29)  # noqa: DTZ001  # as Hypothesis wants them
instants = st.datetimes(FIRST, LAST, timezones=st.just(UTC))
accounts = st.fixed_dictionaries(
    {
        "email": texts,
        "name": texts,
        "time_zone": texts,
        "week_start": st.none() | st.sampled_from(get_args(WeekStart)),
        "quick_add_marks": st.none() | st.sampled_from(get_args(QuickAddMarks)),
        "role": st.sampled_from(["user", "operator"]),
        "version": st.integers(1, 2**31 - 1),
        "created_at": instants,
        "updated_at": instants,
    }
)


@pytest.fixture
async def account(user: ServiceUnderTest) -> ServiceUnderTest:
    """The account `ada`, and another one."""
    user.app.state.verifier = AnyToken()
    user.client.headers["authorization"] = "Bearer ada"
    moment = datetime(2026, 11, 30, 12, 30, 1, 500_000, tzinfo=UTC)
    usual: dict[str, Any] = {"password_hash": "", "name": "", "time_zone": "UTC"}
    usual |= {"created_at": moment, "updated_at": moment, "version": 2}
    async with user.database.transaction() as session:
        session.add_all(User(id=id, email=f"{id}@example.com", **usual) for id in ("ada", "bob"))
    return user


class TestReadMe:
    @fuzzy
    @given(fields=accounts)
    async def test_is_that_of_its_route(self, account: ServiceUnderTest, fields: dict[str, Any]) -> None:
        async with account.database.transaction() as session:
            await session.execute(update(User).where(col(User.id) == "ada").values(**fields))
        response = await read_both_ways(account, "/users/me")
        assert (response.json()["id"], response.json()["name"]) == ("ada", fields["name"])
        assert response.headers["etag"] == f'"{fields["version"]}"'

    @pytest.mark.parametrize("tags", ['"2"', 'W/"2"', "*", '"1", "2"', '"1"', "2", '"22"', ""])
    async def test_is_conditional_as_its_route(self, account: ServiceUnderTest, tags: str) -> None:
        response = await read_both_ways(account, "/users/me", {"if-none-match": tags})
        known = tags in ('"2"', 'W/"2"', "*", '"1", "2"')
        assert (response.status_code, response.headers["etag"]) == (304 if known else 200, '"2"')

    @pytest.mark.parametrize("token", ["Bearer bob", "Bearer nobody", "Basic ada", ""])
    async def test_is_refused_as_by_its_route(self, account: ServiceUnderTest, token: str) -> None:
        response = await read_both_ways(account, "/users/me", {"authorization": token})
        assert response.status_code == (200 if token == "Bearer bob" else 401)

    async def test_of_an_account_that_is_gone_is_refused_as_by_its_route(
        self, account: ServiceUnderTest
    ) -> None:
        async with account.database.transaction() as session:
            await session.execute(delete(User).where(col(User.id) == "ada"))
        response = await read_both_ways(account, "/users/me", {"if-none-match": "*"})
        assert (response.status_code, response.json()["code"]) == (401, "account-gone")

    @pytest.mark.parametrize("scopes", ["account:read", "tasks:read account:read", "tasks:read", ""])
    async def test_needs_the_scope_of_its_route(self, account: ServiceUnderTest, scopes: str) -> None:
        account.app.state.verifier = Limited(scopes)
        response = await read_both_ways(account, "/users/me")
        assert response.status_code == (200 if "account:read" in scopes else 403)
