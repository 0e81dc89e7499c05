"""The summary of figures, read quickly, is that of its route, byte for byte. On both databases."""

from datetime import date

import pytest
from analytics_service.main import create
from analytics_service.models import DailyCount
from analytics_service.schemas import Summary
from analytics_service.settings import Settings
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from conftest import OpenService, ServiceUnderTest
from tests.fast_reads import Limited, read_both_ways

fuzzy = settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
counted = st.tuples(
    st.sampled_from(["ada", "ada", "bob"]),
    st.dates(),
    st.sampled_from([*Summary.model_fields, "of_a_newer_version"]),
)


@pytest.fixture
async def analytics(open_service: OpenService) -> ServiceUnderTest:
    return await open_service(create, Settings)


class TestSummary:
    @fuzzy
    @given(counts=st.dictionaries(counted, st.integers(0, 2**31 - 1), max_size=12))
    async def test_is_that_of_its_route(
        self, analytics: ServiceUnderTest, counts: dict[tuple[str, date, str], int]
    ) -> None:
        async with analytics.database.transaction() as session:
            await session.execute(delete(DailyCount))
            session.add_all(
                DailyCount(user_id=user_id, day=day, name=name, value=value)
                for (user_id, day, name), value in counts.items()
            )
        response = await read_both_ways(analytics, "/analytics/summary")
        mine = [(name, value) for (user_id, _, name), value in counts.items() if user_id == "ada"]
        assert response.json() == {
            name: sum(value for each, value in mine if each == name) for name in Summary.model_fields
        }

    @pytest.mark.parametrize("user", ["Bearer bob", "Basic ada", ""])
    async def test_is_refused_as_by_its_route(self, analytics: ServiceUnderTest, user: str) -> None:
        response = await read_both_ways(analytics, "/analytics/summary", {"authorization": user})
        assert response.status_code == (200 if user == "Bearer bob" else 401)

    @pytest.mark.parametrize("scopes", ["analytics:read", "tasks:read", ""])
    async def test_needs_the_scope_of_its_route(self, analytics: ServiceUnderTest, scopes: str) -> None:
        analytics.app.state.verifier = Limited(scopes)
        response = await read_both_ways(analytics, "/analytics/summary")
        assert response.status_code == (200 if scopes == "analytics:read" else 403)
