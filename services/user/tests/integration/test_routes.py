"""Accounts and sessions, on both databases."""

import asyncio
from typing import Any
from uuid import uuid4

import jwt
import pytest
from sqlalchemy import text
from user_service import sign_in_throttle
from user_service.container import container_of
from user_service.subscriptions import subscriptions

from conftest import ServiceUnderTest
from contracts.user import UserDeleted
from services.user.tests.accounts import ACCOUNT, signed_up


async def refreshed(user: ServiceUnderTest, token: str) -> Any:
    return await user.client.post("/auth/refresh", json={"refresh_token": token})


class TestSignUp:
    async def test_makes_an_account_and_tells_it(self, user: ServiceUnderTest) -> None:
        body = await signed_up(user, name="Ada", time_zone="Europe/London")
        (event,) = await user.recorded()
        assert event["type"] == "todo.user.signed-up.v1"
        data = {"user_id": body["user"]["id"], "email": "ada@example.com"}
        assert event["data"] == data | {"name": "Ada", "time_zone": "Europe/London"}

    async def test_keeps_neither_password_nor_refresh_token(self, user: ServiceUnderTest) -> None:
        body = await signed_up(user)
        async with user.database.reading() as session:
            (stored,) = (await session.execute(text("SELECT password_hash FROM user_account"))).scalars()
            (token_hash,) = (await session.execute(text("SELECT token_hash FROM refresh_token"))).scalars()
        assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
        assert token_hash != body["refresh_token"]

    async def test_publishes_the_key_its_tokens_are_signed_with(self, user: ServiceUnderTest) -> None:
        (key,) = (await user.client.get("/.well-known/jwks.json")).json()["keys"]
        assert key["kid"] == container_of(user.app).key_ring.current.id

    @pytest.mark.parametrize("spelled", ["ada@example.com", "ADA@Example.COM"])
    async def test_of_a_taken_address_is_refused(self, user: ServiceUnderTest, spelled: str) -> None:
        await signed_up(user)
        response = await user.client.post("/auth/sign-up", json=ACCOUNT | {"email": spelled})
        assert (response.status_code, response.json()["code"]) == (409, "email-taken")

    async def test_of_one_address_many_times_at_once_makes_one_account(self, user: ServiceUnderTest) -> None:
        requests = [user.client.post("/auth/sign-up", json=ACCOUNT) for _ in range(4)]
        assert sorted(response.status_code for response in await asyncio.gather(*requests)) == [
            201,
            409,
            409,
            409,
        ]
        assert len(await user.recorded()) == 1

    @pytest.mark.parametrize(
        ("wrong", "pointer"),
        [
            ({"email": "nobody"}, "/email"),
            ({"password": "1234567"}, "/password"),
            ({"time_zone": "Mars/Olympus"}, "/time_zone"),
            ({"role": "operator"}, "/role"),
        ],
    )
    async def test_points_at_what_is_wrong(
        self, user: ServiceUnderTest, wrong: dict[str, str], pointer: str
    ) -> None:
        response = await user.client.post("/auth/sign-up", json=ACCOUNT | wrong)
        assert response.status_code == 422
        assert response.json()["errors"][0]["pointer"] == pointer


class TestSignIn:
    async def attempt(self, user: ServiceUnderTest, **fields: str) -> Any:
        return await user.client.post("/auth/sign-in", json=ACCOUNT | fields)

    async def test_gives_a_token_that_says_who_it_is_and_for_how_long(self, user: ServiceUnderTest) -> None:
        first = await signed_up(user, time_zone="Europe/London")
        response = (await self.attempt(user, email="Ada@example.com")).json()
        assert response["user"]["id"] == first["user"]["id"]
        claims = jwt.decode(response["access_token"], options={"verify_signature": False})
        assert (claims["sub"], claims["role"]) == (first["user"]["id"], "user")
        assert claims["zoneinfo"] == "Europe/London"
        assert claims["exp"] - claims["iat"] == response["expires_in"] == 900

    async def test_does_not_tell_whether_the_account_exists(self, user: ServiceUnderTest) -> None:
        await signed_up(user)
        wrong = await self.attempt(user, password="wrong")
        unknown = await self.attempt(user, email="nobody@example.com")
        assert (wrong.status_code, wrong.json()["code"]) == (401, "wrong-credentials")
        assert wrong.json() | {"trace_id": ""} == unknown.json() | {"trace_id": ""}

    async def test_is_refused_after_too_many_failures_in_a_row(self, user: ServiceUnderTest) -> None:
        email = f"{uuid4()}@example.com"
        await signed_up(user, email=email)
        for _ in range(2):
            for _ in range(sign_in_throttle.MAX_FAILURES - 1):
                assert (await self.attempt(user, email=email, password="wrong")).status_code == 401
            assert (await self.attempt(user, email=email)).status_code == 200
        for _ in range(sign_in_throttle.MAX_FAILURES):
            await self.attempt(user, email=email, password="wrong")
        response = await self.attempt(user, email=email)
        assert (response.status_code, response.json()["code"]) == (429, "too-many-attempts")


class TestSignOut:
    async def test_ends_this_session_and_no_other(self, user: ServiceUnderTest) -> None:
        first = await signed_up(user)
        other = (await user.client.post("/auth/sign-in", json=ACCOUNT)).json()
        latest = (await refreshed(user, first["refresh_token"])).json()
        for token in (latest["refresh_token"], "unknown"):
            response = await user.client.post("/auth/sign-out", json={"refresh_token": token})
            assert response.status_code == 204
        assert (await refreshed(user, latest["refresh_token"])).status_code == 401
        assert (await refreshed(user, other["refresh_token"])).status_code == 200


class TestRefresh:
    async def test_with_a_used_token_ends_the_session_for_good(self, user: ServiceUnderTest) -> None:
        first = await signed_up(user)
        second = (await refreshed(user, first["refresh_token"])).json()
        reused = await refreshed(user, first["refresh_token"])
        assert (reused.status_code, reused.json()["code"]) == (401, "refresh-token-reused")
        latest = await refreshed(user, second["refresh_token"])
        assert (latest.status_code, latest.json()["code"]) == (401, "refresh-token-invalid")

    async def test_of_another_session_goes_on(self, user: ServiceUnderTest) -> None:
        first = await signed_up(user)
        other = (await user.client.post("/auth/sign-in", json=ACCOUNT)).json()
        for _ in range(2):
            await refreshed(user, first["refresh_token"])
        assert (await refreshed(user, other["refresh_token"])).status_code == 200

    async def test_repeated_under_one_key_is_one(self, user: ServiceUnderTest) -> None:
        """What the edge does when two tabs of a browser renew their session at once."""
        first = await signed_up(user)
        body, headers = {"refresh_token": first["refresh_token"]}, {"idempotency-key": "k"}
        responses = [await user.client.post("/auth/refresh", json=body, headers=headers) for _ in range(2)]
        assert responses[0].content == responses[1].content
        assert (await refreshed(user, responses[1].json()["refresh_token"])).status_code == 200

    async def test_with_an_expired_token_is_refused(self, user: ServiceUnderTest) -> None:
        first = await signed_up(user)
        async with user.database.transaction() as session:
            await session.execute(text("UPDATE refresh_token SET expires_at = '2020-01-01 00:00:00+00:00'"))
        assert (await refreshed(user, first["refresh_token"])).json()["code"] == "refresh-token-invalid"


class TestAccount:
    async def test_is_changed_where_named(self, user: ServiceUnderTest) -> None:
        await signed_up(user, name="Ada", time_zone="Europe/London")
        response = await user.client.patch("/users/me", json={"name": "Ada L."}, headers={"if-match": '"1"'})
        assert (response.json()["name"], response.json()["time_zone"]) == ("Ada L.", "Europe/London")
        assert response.headers["etag"] == '"2"'
        assert (await user.recorded())[1]["type"] == "todo.user.updated.v1"

    async def test_says_whose_signs_it_writes(self, user: ServiceUnderTest) -> None:
        first = await signed_up(user)
        assert first["user"]["quick_add_marks"] is None
        response = await user.client.patch("/users/me", json={"quick_add_marks": "todoist"})
        assert response.json()["quick_add_marks"] == "todoist"
        token = (await refreshed(user, first["refresh_token"])).json()["access_token"]
        assert jwt.decode(token, options={"verify_signature": False})["quick_add_marks"] == "todoist"
        assert (await user.client.patch("/users/me", json={"quick_add_marks": "asana"})).status_code == 422

    async def test_says_where_its_week_starts(self, user: ServiceUnderTest) -> None:
        first = await signed_up(user)
        assert first["user"]["week_start"] is None
        response = await user.client.patch("/users/me", json={"week_start": "sunday"})
        assert response.json()["week_start"] == "sunday"
        token = (await refreshed(user, first["refresh_token"])).json()["access_token"]
        assert jwt.decode(token, options={"verify_signature": False})["week_start"] == "sunday"
        assert (await user.client.patch("/users/me", json={"week_start": "friday"})).status_code == 422
        assert (await user.client.patch("/users/me", json={"week_start": None})).json()["week_start"] is None

    @pytest.mark.parametrize("method", ["PATCH", "DELETE"])
    async def test_is_left_alone_when_it_has_changed_meanwhile(
        self, user: ServiceUnderTest, method: str
    ) -> None:
        await signed_up(user)
        await user.client.patch("/users/me", json={"name": "Ada"})
        body = {"name": "x"} if method == "PATCH" else None
        response = await user.client.request(method, "/users/me", json=body, headers={"if-match": '"1"'})
        assert (response.status_code, response.json()["current"]["name"]) == (412, "Ada")
        assert (await user.client.get("/users/me")).json()["name"] == "Ada"

    async def test_is_not_changed_by_nothing(self, user: ServiceUnderTest) -> None:
        await signed_up(user)
        assert (await user.client.patch("/users/me", json={})).headers["etag"] == '"1"'
        assert len(await user.recorded()) == 1

    async def test_is_deleted_with_all_its_sessions(self, user: ServiceUnderTest) -> None:
        first = await signed_up(user)
        assert (await user.client.delete("/users/me")).status_code == 204
        assert (await user.client.get("/users/me")).json()["code"] == "account-gone"
        assert (await refreshed(user, first["refresh_token"])).status_code == 401
        assert (await user.recorded())[1]["type"] == "todo.user.deleted.v1"
        await signed_up(user)

    async def test_is_deleted_and_no_other_is(self, user: ServiceUnderTest) -> None:
        other = await signed_up(user, email="bob@example.com")
        await signed_up(user)
        await user.client.delete("/users/me")
        assert (await refreshed(user, other["refresh_token"])).status_code == 200


class TestErasure:
    async def test_takes_an_account_away_that_a_backup_brought_back(self, user: ServiceUnderTest) -> None:
        await signed_up(user, email="bob@example.com")
        body = await signed_up(user)
        await user.client.post("/tokens", json={"name": "backup", "scopes": ["tasks:read"]})
        recorded = await user.recorded()
        await user.receive(subscriptions.handlers, UserDeleted(user_id=body["user"]["id"]))
        assert (await user.client.post("/auth/sign-in", json=ACCOUNT)).status_code == 401
        assert (await refreshed(user, body["refresh_token"])).status_code == 401
        async with user.database.reading() as session:
            for table, left in (("user_account", 1), ("refresh_token", 1), ("api_token", 0)):
                assert (await session.execute(text(f"SELECT count(*) FROM {table}"))).scalar_one() == left
        assert await user.recorded() == recorded  # all others know it

    async def test_of_an_account_that_is_gone_changes_nothing(self, user: ServiceUnderTest) -> None:
        body = await signed_up(user)
        await user.receive(subscriptions.handlers, UserDeleted(user_id="somebody-else"))
        assert (await refreshed(user, body["refresh_token"])).status_code == 200
