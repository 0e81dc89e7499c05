"""Bodies hold what the contract says: a value of another type of JSON is refused where it stands."""

import pytest

from conftest import ServiceUnderTest
from tests.json_types import taken_with_wrong_types

PASSWORD = "correct horse battery staple"


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
async def test_of_every_body_are_those_of_the_document(user: ServiceUnderTest) -> None:
    account = {"email": "ada@example.org", "password": PASSWORD}
    response = await user.client.post("/auth/sign-up", json=account)
    user.client.headers["authorization"] = f"Bearer {response.json()['access_token']}"
    assert await taken_with_wrong_types(user.client, user.app) == []
