"""The first page of the inbox, read quickly, is that of its route, byte for byte. On both databases."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from notification_service.models import Notification
from sqlalchemy import delete

from conftest import ServiceUnderTest
from servicekit.web.ids import new_id
from tests.fast_reads import Limited, asked_of_sessions, read_both_ways

QUERIES = ["", "?unread=true"]
fuzzy = settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=30)
maybe = st.none() | texts
FIRST, LAST = datetime(1, 1, 3), datetime(9999, 12, 29)  # noqa: DTZ001  # as Hypothesis wants them
instants = st.datetimes(FIRST, LAST, timezones=st.just(UTC))
entries = st.fixed_dictionaries(
    {
        "kind": texts,
        "title": texts,
        "text": texts,
        "task_id": maybe,
        "reminder_id": maybe,
        "import_id": maybe,
        "channel_id": maybe,
        "due_at": st.none() | instants,
        "due_date": st.none() | st.dates(),
        "late": st.booleans(),
        "in_inbox": st.booleans(),
        "created_at": instants,
        "read_at": st.none() | instants,
        "user_id": st.sampled_from(["ada", "ada", "bob"]),
    }
)


async def store(service: ServiceUnderTest, *rows: dict[str, Any]) -> None:
    """These entries and no others."""
    async with service.database.transaction() as session:
        await session.execute(delete(Notification))
        session.add_all(Notification(**fields, id=new_id()) for fields in rows)


def many(number: int, **fields: Any) -> list[dict[str, Any]]:
    """Entries of which half have one time, so that the id decides."""
    made = [datetime(2099, 1, 1, 0, 0, n % 2 * n, 123_456, tzinfo=UTC) for n in range(number)]
    return [{"user_id": "ada", "kind": "k", "title": "t", "created_at": each} | fields for each in made]


class TestFirstPage:
    @fuzzy
    @given(several=st.lists(entries, max_size=5))
    async def test_is_that_of_its_route(
        self, notification: ServiceUnderTest, several: list[dict[str, Any]]
    ) -> None:
        await store(notification, *several)
        for query in QUERIES:
            response = await read_both_ways(notification, f"/notifications{query}")
            mine = [each for each in several if each["user_id"] == "ada" and each["in_inbox"]]
            expected = [each for each in mine if not query or each["read_at"] is None]
            assert len(response.json()["items"]) == len(expected)

    @pytest.mark.parametrize("number", [0, 49, 50, 51, 60])
    @pytest.mark.parametrize("query", QUERIES)
    async def test_goes_on_as_that_of_its_route(
        self, notification: ServiceUnderTest, query: str, number: int
    ) -> None:
        await store(notification, *many(number), *many(7, read_at=datetime(2099, 1, 2, tzinfo=UTC)))
        first = (await read_both_ways(notification, f"/notifications{query}")).json()
        total = number if query else number + 7
        assert len(first["items"]) == min(total, 50)
        assert (first["next_cursor"] is not None) == (total > 50)
        if total > 50:
            sign = "&" if query else "?"
            path = f"/notifications{query}{sign}cursor={first['next_cursor']}"
            rest = (await notification.client.get(path)).json()["items"]
            assert len({item["id"] for item in first["items"] + rest}) == total


class TestRefusal:
    @pytest.mark.parametrize("query", QUERIES)
    @pytest.mark.parametrize("user", ["Bearer bob", "Basic ada", ""])
    async def test_is_that_of_the_route(self, notification: ServiceUnderTest, query: str, user: str) -> None:
        await store(notification, *many(1))
        response = await read_both_ways(notification, f"/notifications{query}", {"authorization": user})
        assert response.status_code == (200 if user == "Bearer bob" else 401)

    @pytest.mark.parametrize("query", QUERIES)
    @pytest.mark.parametrize("scopes", ["notifications:read", "notifications:write", "tasks:read", ""])
    async def test_of_an_api_token_is_that_of_the_route(
        self, notification: ServiceUnderTest, query: str, scopes: str
    ) -> None:
        notification.app.state.verifier = Limited(scopes)
        response = await read_both_ways(notification, f"/notifications{query}")
        assert response.status_code == (200 if scopes == "notifications:read" else 403)


@pytest.mark.parametrize("query", ["unread=True", "unread=true&limit=50", "unread=1", "unread=false"])
async def test_other_queries_are_for_the_route(notification: ServiceUnderTest, query: str) -> None:
    with asked_of_sessions() as seen:
        assert (await notification.client.get(f"/notifications?{query}")).status_code == 200
    assert seen
