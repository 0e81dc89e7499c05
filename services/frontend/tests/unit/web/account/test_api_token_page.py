"""The page of API tokens: what it asks of the user service, and shows of its responses."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest

from services.frontend.tests.fake_services import FakeServices, problem
from tests.fake_sidecar import make_response

NOW = datetime.now(UTC).replace(microsecond=0)
STORED: dict[str, Any] = {
    "id": "01a20a20-adf2-70f8-90f8-d7d6fc4809a6",
    "name": "backup <b>",
    "prefix": "todo_AbCd",
    "scopes": ["tasks:read", "chat:read"],
    "created_at": NOW.isoformat(),
    "expires_at": (NOW + timedelta(days=3)).isoformat(),
    "last_used_at": None,
}
FORM = {"name": " backup ", "tasks:read": "yes", "days": "30", "key": "k", "made_at": "1800000000"}
PLACE = "/account/tokens"


@pytest.fixture
async def tokens(ada: httpx2.AsyncClient, services: FakeServices) -> httpx2.AsyncClient:
    services.responses["GET /tokens"] = make_response(items=[STORED], next_cursor=None)
    return ada


class TestTokenList:
    async def test_is_shown_without_the_secrets(self, tokens: httpx2.AsyncClient) -> None:
        text = (await tokens.get(PLACE)).text
        assert "backup &lt;b&gt;" in text
        assert "todo_AbCd…" in text
        assert "tasks:read, chat:read" in text
        assert "never used" in text
        assert "expires" in text

    async def test_marks_expired_tokens(self, tokens: httpx2.AsyncClient, services: FakeServices) -> None:
        over = {"expires_at": (NOW - timedelta(days=1)).isoformat(), "last_used_at": NOW.isoformat()}
        services.responses["GET /tokens"] = make_response(items=[STORED | over], next_cursor=None)
        text = (await tokens.get(PLACE)).text
        assert "expired" in text
        assert "· used " in text

    async def test_requires_a_signed_in_user(self, nobody: httpx2.AsyncClient) -> None:
        assert (await nobody.get(PLACE)).headers["location"] == f"/sign-in?next={PLACE}"


class TestNewToken:
    async def test_is_created_and_shown_once(
        self, tokens: httpx2.AsyncClient, services: FakeServices
    ) -> None:
        services.responses["POST /tokens"] = make_response(201, **STORED, token="todo_secret")
        made = await tokens.post(PLACE, data=FORM)
        assert 'value="todo_secret"' in made.text
        assert made.headers["cache-control"] == "no-store"
        assert "todo_secret" not in (await tokens.get(PLACE)).text
        (call,) = services.called("POST /tokens")
        assert call.json == {
            "name": "backup",
            "scopes": ["tasks:read"],
            "expires_at": (datetime.fromtimestamp(1_800_000_000, UTC) + timedelta(days=30)).isoformat(),
        }

    async def test_sent_twice_is_the_same_request(
        self, tokens: httpx2.AsyncClient, services: FakeServices
    ) -> None:
        services.responses["POST /tokens"] = make_response(201, **STORED, token="todo_secret")
        for _ in range(2):
            await tokens.post(PLACE, data=FORM)
        first, second = services.called("POST /tokens")
        assert (first.json, first.headers["idempotency-key"]) == (
            second.json,
            second.headers["idempotency-key"],
        )

    async def test_that_is_rejected_keeps_the_form(
        self, tokens: httpx2.AsyncClient, services: FakeServices
    ) -> None:
        errors = [{"pointer": "/scopes", "detail": "at least one is needed"}]
        services.responses["POST /tokens"] = problem(422, "invalid", errors=errors)
        refused = await tokens.post(PLACE, data=FORM)
        assert refused.status_code == 422
        assert "at least one is needed" in refused.text
        assert 'name="tasks:read" value="yes" checked' in refused.text
        assert '<option value="30" selected>' in refused.text

    async def test_beyond_the_quota_says_so(self, tokens: httpx2.AsyncClient, services: FakeServices) -> None:
        services.responses["POST /tokens"] = problem(409, "too-many-tokens", "revoke one first")
        assert "revoke one first" in (await tokens.post(PLACE, data=FORM)).text

    @pytest.mark.parametrize("made_at", ["", "x", "9" * 30, "-1"])
    async def test_from_a_tampered_form_is_harmless(
        self, tokens: httpx2.AsyncClient, services: FakeServices, made_at: str
    ) -> None:
        services.responses["POST /tokens"] = problem(422, "invalid", "no")
        assert (await tokens.post(PLACE, data=FORM | {"made_at": made_at})).status_code == 422


class TestRevokingToken:
    @pytest.mark.parametrize("reply", [make_response(204), problem(404, "not-found")])
    async def test_leads_back_also_the_second_time(
        self, tokens: httpx2.AsyncClient, services: FakeServices, reply: Any
    ) -> None:
        services.responses[f"DELETE /tokens/{STORED['id']}"] = reply
        done = await tokens.post(f"{PLACE}/{STORED['id']}/revoke", data={"key": "k"})
        assert (done.status_code, done.headers["location"]) == (303, f"{PLACE}?done=revoked")
        assert "Revoked." in (await tokens.get(f"{PLACE}?done=revoked")).text
