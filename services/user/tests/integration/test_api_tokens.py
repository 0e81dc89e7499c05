"""API tokens: made, shown once, exchanged, revoked; on both databases."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from sqlalchemy import text
from user_service.api_tokens import use_cases

from conftest import ServiceUnderTest
from services.user.tests.accounts import signed_up

WANTED = {"name": "backup", "scopes": ["tasks:write", "tasks:read"]}


async def made(user: ServiceUnderTest, **fields: Any) -> dict[str, Any]:
    response = await user.client.post("/tokens", json=WANTED | fields)
    assert response.status_code == 201, response.text
    body: dict[str, Any] = response.json()
    return body


async def exchanged(user: ServiceUnderTest, token: str) -> Any:
    return await user.client.post("/auth/exchange", json={"token": token})


async def listed(user: ServiceUnderTest) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await user.client.get("/tokens")).json()["items"]
    return items


async def expire(user: ServiceUnderTest, at: str) -> None:
    async with user.database.transaction() as session:
        await session.execute(text(f"UPDATE api_token SET expires_at = '{at}'"))


class TestMaking:
    async def test_shows_the_token_this_once(self, user: ServiceUnderTest) -> None:
        await signed_up(user)
        body = await made(user)
        assert body["token"].startswith(body["prefix"])
        assert body["prefix"].startswith("todo_")
        (shown,) = await listed(user)
        assert shown == {name: value for name, value in body.items() if name != "token"}

    async def test_keeps_a_hash_only(self, user: ServiceUnderTest) -> None:
        await signed_up(user)
        body = await made(user)
        async with user.database.reading() as session:
            row = (await session.execute(text("SELECT * FROM api_token"))).one()
        assert body["token"] not in str(row)

    async def test_sorts_scopes_and_takes_each_once(self, user: ServiceUnderTest) -> None:
        await signed_up(user)
        scopes = ["account:read", "tasks:read", "account:read"]
        assert (await made(user, scopes=scopes))["scopes"] == ["tasks:read", "account:read"]

    async def test_lasts_90_days_unless_it_says_otherwise(self, user: ServiceUnderTest) -> None:
        await signed_up(user)
        life = datetime.fromisoformat((await made(user))["expires_at"]) - datetime.now(UTC)
        assert timedelta(days=89) < life <= timedelta(days=90)
        tomorrow = (datetime.now(UTC) + timedelta(days=1)).replace(microsecond=0)
        body = await made(user, expires_at=tomorrow.isoformat())
        assert datetime.fromisoformat(body["expires_at"]) == tomorrow

    @pytest.mark.parametrize(
        ("wrong", "pointer"),
        [
            ({"name": "  "}, "/name"),
            ({"scopes": []}, "/scopes"),
            ({"scopes": ["tokens:write"]}, "/scopes"),
            ({"scopes": ["tasks:read chat:read"]}, "/scopes"),
            ({"expires_at": "2020-01-01T00:00:00Z"}, "/expires_at"),
            ({"expires_at": (datetime.now(UTC) + timedelta(days=367)).isoformat()}, "/expires_at"),
            ({"expires_at": "9999-12-31T23:59:59-12:00"}, "/expires_at"),
        ],
    )
    async def test_points_at_what_is_wrong(
        self, user: ServiceUnderTest, wrong: dict[str, Any], pointer: str
    ) -> None:
        await signed_up(user)
        response = await user.client.post("/tokens", json=WANTED | wrong)
        assert response.status_code == 422
        assert response.json()["errors"][0]["pointer"] == pointer

    async def test_ends_at_a_number_also_at_once(
        self, user: ServiceUnderTest, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(user.app.state.settings, "quota_api_tokens", 2)
        await signed_up(user)
        requests = [user.client.post("/tokens", json=WANTED) for _ in range(4)]
        responses = await asyncio.gather(*requests)
        assert sorted(response.status_code for response in responses) == [201, 201, 409, 409]
        assert {a.json().get("code") for a in responses if a.status_code == 409} == {"too-many-tokens"}
        await signed_up(user, email="bob@example.com")
        await made(user)


class TestListing:
    async def test_is_newest_first_by_pages_and_one_account_s(self, user: ServiceUnderTest) -> None:
        await signed_up(user, email="bob@example.com")
        await made(user, name="of bob")
        await signed_up(user)
        for number in range(3):
            await made(user, name=str(number))
        first = (await user.client.get("/tokens?limit=2")).json()
        second = (await user.client.get(f"/tokens?limit=2&cursor={first['next_cursor']}")).json()
        assert [item["name"] for item in first["items"] + second["items"]] == ["2", "1", "0"]
        assert second["next_cursor"] is None


class TestExchange:
    async def test_gives_an_access_token_with_the_same_rights(self, user: ServiceUnderTest) -> None:
        account = await signed_up(user, time_zone="Europe/London")
        body = await made(user)
        response = (await exchanged(user, body["token"])).json()
        claims = jwt.decode(response["access_token"], options={"verify_signature": False})
        assert claims["via"] == {"token": body["id"], "name": "backup"}
        assert claims["sub"] == account["user"]["id"]
        assert (claims["scope"], claims["role"]) == ("tasks:read tasks:write", "user")
        assert claims["zoneinfo"] == "Europe/London"
        assert claims["exp"] - claims["iat"] == 60

    async def test_of_an_operator_s_token_gives_no_operator(self, user: ServiceUnderTest) -> None:
        await signed_up(user)
        async with user.database.transaction() as session:
            await session.execute(text("UPDATE user_account SET role = 'operator'"))
        response = (await exchanged(user, (await made(user))["token"])).json()
        claims = jwt.decode(response["access_token"], options={"verify_signature": False})
        assert claims["role"] == "user"

    async def test_ends_with_the_api_token(self, user: ServiceUnderTest) -> None:
        await signed_up(user)
        soon = datetime.now(UTC) + timedelta(seconds=20)
        body = await made(user, expires_at=soon.isoformat())
        assert (await exchanged(user, body["token"])).json()["expires_in"] <= 20

    async def test_notes_when_it_was_used_to_the_minute(self, user: ServiceUnderTest) -> None:
        await signed_up(user)
        token = (await made(user))["token"]
        assert (await listed(user))[0]["last_used_at"] is None
        await exchanged(user, token)
        (shown,) = await listed(user)
        used = datetime.fromisoformat(shown["last_used_at"])
        assert used.second == 0
        assert timedelta(0) <= datetime.now(UTC) - used < timedelta(minutes=2)

    @pytest.mark.parametrize("token", ["", "x", "todo_", "todo_" + "a" * 43])
    async def test_of_anything_else_is_refused(self, user: ServiceUnderTest, token: str) -> None:
        response = await exchanged(user, token)
        assert (response.status_code, response.json()["code"]) == (401, "api-token-invalid")

    async def test_of_an_expired_token_is_refused(self, user: ServiceUnderTest) -> None:
        await signed_up(user)
        body = await made(user)
        await expire(user, "2020-01-01 00:00:00+00:00")
        assert (await exchanged(user, body["token"])).status_code == 401


class TestRevoking:
    async def test_ends_this_token_and_no_other(self, user: ServiceUnderTest) -> None:
        await signed_up(user)
        first, second = await made(user), await made(user)
        assert (await user.client.delete(f"/tokens/{first['id']}")).status_code == 204
        assert (await user.client.delete(f"/tokens/{first['id']}")).status_code == 404
        assert (await exchanged(user, first["token"])).status_code == 401
        assert (await exchanged(user, second["token"])).status_code == 200

    async def test_of_somebody_else_s_is_not_found(self, user: ServiceUnderTest) -> None:
        await signed_up(user, email="bob@example.com")
        body = await made(user)
        await signed_up(user)
        assert (await user.client.delete(f"/tokens/{body['id']}")).status_code == 404
        assert (await exchanged(user, body["token"])).status_code == 200

    async def test_comes_with_the_end_of_the_account(self, user: ServiceUnderTest) -> None:
        await signed_up(user)
        body = await made(user)
        await user.client.delete("/users/me")
        assert (await exchanged(user, body["token"])).status_code == 401
        async with user.database.reading() as session:
            assert (await session.scalar(text("SELECT count(*) FROM api_token"))) == 0

    async def test_is_not_needed_long_after_the_end(self, user: ServiceUnderTest) -> None:
        await signed_up(user)
        await made(user)
        async with user.database.transaction() as session:
            await use_cases.purge_expired_tokens(session)
        assert len(await listed(user)) == 1
        await expire(user, "2020-01-01 00:00:00+00:00")
        async with user.database.transaction() as session:
            await use_cases.purge_expired_tokens(session)
        assert await listed(user) == []


class TestWhatATokenMay:
    """The user service takes exchanged tokens itself, as every service does."""

    async def test_never_is_more_than_to_read_the_account(self, user: ServiceUnderTest) -> None:
        await signed_up(user)
        token = (await made(user, scopes=["account:read"]))["token"]
        access_token = (await exchanged(user, token)).json()["access_token"]
        user.client.headers["authorization"] = f"Bearer {access_token}"
        assert (await user.client.get("/users/me")).status_code == 200
        for method, path, body in [
            ("POST", "/tokens", WANTED),
            ("GET", "/tokens", None),
            ("DELETE", "/tokens/01a20a20-adf2-70f8-90f8-d7d6fc4809a6", None),
            ("PATCH", "/users/me", {"name": "x"}),
            ("DELETE", "/users/me", None),
        ]:
            response = await user.client.request(method, path, json=body)
            assert (response.status_code, response.json()["code"]) == (403, "insufficient-scope"), path
