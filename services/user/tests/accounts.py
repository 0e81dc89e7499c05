"""Accounts for tests."""

from typing import Any

from conftest import ServiceUnderTest

ACCOUNT = {"email": "ada@example.com", "password": "correct horse"}


async def signed_up(user: ServiceUnderTest, **fields: str) -> dict[str, Any]:
    """The response to a sign-up; from now on the client is that account."""
    response = await user.client.post("/auth/sign-up", json=ACCOUNT | fields)
    assert response.status_code == 201, response.text
    body: dict[str, Any] = response.json()
    user.client.headers["authorization"] = f"Bearer {body['access_token']}"
    return body
