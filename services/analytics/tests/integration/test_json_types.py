"""Bodies hold what the contract says: a value of another type of JSON is refused where it stands."""

import pytest
from analytics_service.main import create
from analytics_service.settings import Settings

from conftest import OpenService, ServiceUnderTest
from tests.json_types import taken_with_wrong_types


@pytest.fixture
async def analytics(open_service: OpenService) -> ServiceUnderTest:
    return await open_service(create, Settings)


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
async def test_of_every_body_are_those_of_the_document(analytics: ServiceUnderTest) -> None:
    analytics.client.headers["authorization"] = "Bearer operator"
    assert await taken_with_wrong_types(analytics.client, analytics.app) == []
