"""Bodies hold what the contract says: a value of another type of JSON is refused where it stands."""

import pytest

from conftest import ServiceUnderTest
from tests.json_types import taken_with_wrong_types


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
async def test_of_every_body_are_those_of_the_document(notification: ServiceUnderTest) -> None:
    response = await notification.client.post("/reminders", json={"title": "x", "at": "2050-01-01T00:00:00Z"})
    ids = {"reminders": response.json()["id"]}
    assert await taken_with_wrong_types(notification.client, notification.app, ids) == []
