"""Accounts and sessions, through the edge."""

import asyncio
import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from devstack.stack import Stack
from tests.system.api import Api
from tests.system.figures import counted
from tests.system.reminding import fired, soon
from tests.system.test_failures import is_problem
from tests.system.waiting import eventually


class TestSignUp:
    async def test_gives_the_user_and_tokens(self, nobody: Api) -> None:
        email = f"{uuid4()}@Example.com"
        response = await nobody.ask(
            "POST",
            "/auth/sign-up",
            {"email": email, "password": "correct horse", "time_zone": "Europe/Berlin"},
        )
        assert response.status == 201
        assert response.body["user"]["email"] == email.lower()
        assert response.body["user"]["time_zone"] == "Europe/Berlin"
        assert response.body["expires_in"] == 900
        assert "password" not in json.dumps(response.body)

    async def test_of_a_taken_address_is_409_in_any_spelling(self, nobody: Api) -> None:
        account = {"email": f"{uuid4()}@example.com", "password": "correct horse"}
        await nobody.ask("POST", "/auth/sign-up", account)
        response = await nobody.ask("POST", "/auth/sign-up", account | {"email": account["email"].upper()})
        assert is_problem(response, 409, "email-taken")

    async def test_of_one_address_many_times_at_once_makes_one_account(self, nobody: Api) -> None:
        account = {"email": f"{uuid4()}@example.com", "password": "correct horse"}
        responses = await asyncio.gather(*(nobody.ask("POST", "/auth/sign-up", account) for _ in range(5)))
        assert sorted(response.status for response in responses) == [201, 409, 409, 409, 409]

    @pytest.mark.parametrize(
        ("wrong", "pointer"),
        [
            ({"email": "not an address"}, "/email"),
            ({"password": "short"}, "/password"),
            ({"time_zone": "Mars/Olympus"}, "/time_zone"),
            ({"role": "operator"}, "/role"),
        ],
    )
    async def test_points_at_what_is_wrong(self, nobody: Api, wrong: dict[str, str], pointer: str) -> None:
        account = {"email": f"{uuid4()}@example.com", "password": "correct horse"} | wrong
        response = await nobody.ask("POST", "/auth/sign-up", account)
        assert is_problem(response, 422, "invalid")
        assert response.body["errors"][0]["pointer"] == pointer


class TestSignIn:
    async def test_with_the_right_password(self, nobody: Api, ada: Api) -> None:
        credentials = {"email": ada.user["email"], "password": "correct horse"}
        response = await nobody.ask("POST", "/auth/sign-in", credentials)
        assert response.status == 200
        assert response.body["user"]["id"] == ada.user["id"]

    async def test_does_not_tell_whether_the_account_exists(self, nobody: Api, ada: Api) -> None:
        wrong = await nobody.ask("POST", "/auth/sign-in", {"email": ada.user["email"], "password": "wrong"})
        unknown = await nobody.ask(
            "POST", "/auth/sign-in", {"email": "nobody@example.com", "password": "wrong"}
        )
        assert is_problem(wrong, 401, "wrong-credentials")
        assert {**wrong.body, "trace_id": ""} == {**unknown.body, "trace_id": ""}

    async def test_is_refused_after_too_many_failures(self, nobody: Api, ada: Api) -> None:
        guess = {"email": ada.user["email"], "password": "wrong"}
        for _ in range(10):
            assert (await nobody.ask("POST", "/auth/sign-in", guess)).status == 401
        response = await nobody.ask("POST", "/auth/sign-in", guess | {"password": "correct horse"})
        assert is_problem(response, 429, "too-many-attempts")
        assert int(response.headers["retry-after"]) > 0


class TestRefresh:
    async def _refresh(self, user: Api, token: str) -> dict[str, str]:
        response = await user.ask("POST", "/auth/refresh", {"refresh_token": token}, authorization="")
        assert response.status == 200, response.body
        tokens: dict[str, str] = response.body
        return tokens

    async def test_gives_new_tokens(self, ada: Api) -> None:
        tokens = await self._refresh(ada, ada.refresh_token)
        ada.token = tokens["access_token"]
        assert (await ada.ask("GET", "/users/me")).status == 200
        assert tokens["refresh_token"] != ada.refresh_token

    async def test_with_a_used_token_ends_the_whole_session(self, ada: Api) -> None:
        tokens = await self._refresh(ada, ada.refresh_token)
        again = await ada.ask("POST", "/auth/refresh", {"refresh_token": ada.refresh_token})
        assert is_problem(again, 401, "refresh-token-reused")
        latest = await ada.ask("POST", "/auth/refresh", {"refresh_token": tokens["refresh_token"]})
        assert is_problem(latest, 401, "refresh-token-invalid")

    async def test_at_once_with_one_token_works_for_one(self, ada: Api) -> None:
        body = {"refresh_token": ada.refresh_token}
        responses = await asyncio.gather(*(ada.ask("POST", "/auth/refresh", body) for _ in range(4)))
        assert sum(response.status == 200 for response in responses) == 1

    async def test_after_signing_out_is_refused(self, ada: Api) -> None:
        assert (await ada.ask("POST", "/auth/sign-out", {"refresh_token": ada.refresh_token})).status == 204
        response = await ada.ask("POST", "/auth/refresh", {"refresh_token": ada.refresh_token})
        assert is_problem(response, 401, "refresh-token-invalid")


class TestAccessToken:
    """Every service verifies tokens itself."""

    PATHS = ("/users/me", "/tasks", "/notifications", "/analytics/summary", "/chat/conversations")

    @pytest.mark.parametrize("path", PATHS)
    async def test_that_is_missing_is_401(self, nobody: Api, path: str) -> None:
        assert is_problem(await nobody.ask("GET", path), 401, "token-missing")

    @pytest.mark.parametrize("path", PATHS)
    @pytest.mark.parametrize("kind", ["garbage", "other key", "expired", "no signature", "changed"])
    async def test_that_is_wrong_is_401(self, ada: Api, path: str, kind: str) -> None:
        response = await ada.ask("GET", path, authorization=f"Bearer {forged(ada.token, kind)}")
        assert response.status == 401, response.body
        assert response.body["code"] in ("invalid-token", "token-expired")
        assert response.headers["www-authenticate"] == "Bearer"

    async def test_of_another_user_shows_nothing_of_mine(self, nobody: Api, ada: Api) -> None:
        task = (await ada.insist("POST", "/tasks", {"title": "private"})).body
        bob = await nobody.sign_up()
        for method, path in [
            ("GET", ""),
            ("PATCH", ""),
            ("DELETE", ""),
            ("POST", "/complete"),
            ("POST", "/restore"),
        ]:
            body: Any = {} if method == "PATCH" else None
            response = await bob.ask(method, f"/tasks/{task['id']}{path}", body)
            assert is_problem(response, 404, "not-found")
        assert await bob.items("/tasks") == []


def forged(token: str, kind: str) -> str:
    """A token that must not be taken."""
    claims = jwt.decode(token, options={"verify_signature": False})
    headers = {"kid": jwt.get_unverified_header(token)["kid"]}
    other = Ed25519PrivateKey.generate()
    match kind:
        case "other key":
            return jwt.encode(claims, other, algorithm="EdDSA", headers=headers)
        case "expired":
            old = claims | {"exp": datetime.now(UTC) - timedelta(minutes=5)}
            return jwt.encode(old, other, algorithm="EdDSA", headers=headers)
        case "no signature":
            return jwt.encode(claims, "", algorithm="none", headers=headers)
        case "changed":
            head, _, signature = token.split(".")
            changed = json.dumps(claims | {"role": "operator"}).encode()
            return ".".join([head, base64.urlsafe_b64encode(changed).rstrip(b"=").decode(), signature])
    return "garbage"


class TestErasure:
    """Deleting the account erases it everywhere."""

    async def test_leaves_nothing(self, healthy: Stack, ada: Api) -> None:
        await ada.insist("POST", "/tasks", {"title": "private"})
        await ada.insist("POST", "/chat/messages", {"text": "add another"})
        await counted(ada, tasks_created=2, chat_messages=1)
        await ada.insist("POST", "/reminders", {"title": "private", "at": soon()})
        await fired(ada)
        assert (await ada.ask("DELETE", "/users/me")).status == 204
        assert is_problem(await ada.ask("GET", "/users/me"), 401, "account-gone")
        await eventually(lambda: ada.items("/tasks"), lambda items: not items)
        await eventually(lambda: ada.items("/notifications"), lambda items: not items)
        await eventually(lambda: ada.items("/chat/conversations"), lambda items: not items)
        await counted_nothing(ada)


async def counted_nothing(user: Api) -> None:
    async def look() -> dict[str, int]:
        figures: dict[str, int] = (await user.insist("GET", "/analytics/summary")).body
        return figures

    await eventually(look, lambda figures: not any(figures.values()))
