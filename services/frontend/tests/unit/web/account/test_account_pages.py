"""The calendar address, the end of the account, and its usage, with made-up services."""

from typing import Any

import httpx2
import pytest
from frontend_service.web.account.quota_usage import build_bar

from contracts.names import App
from servicekit.web.quotas import Usage
from services.frontend.tests.fake_services import FakeServices, problem
from tests.fake_sidecar import make_response

URL = "https://todo.test/api/v1/calendar/secret.ics"
ME: dict[str, Any] = {"email": "Ada@example.org", "name": "Ada", "time_zone": "Europe/Berlin", "version": 1}
PROJECT = {"id": "01a20a20-adf2-70f8-90f8-d7d6fc4809a6", "name": "Flat <b>"}
PREFERENCES: dict[str, Any] = {
    "time_zone": "Europe/Berlin",
    "quiet_from": None,
    "quiet_to": None,
    "day_starts_at": "09:00:00",
    "default_reminder": None,
    "digest_at": None,
    "email_available": False,
    "push_key": "k",
}


class TestCalendarAddress:
    async def test_is_shown_once_with_those_of_projects(
        self, ada: httpx2.AsyncClient, services: FakeServices
    ) -> None:
        services.responses["GET /calendar"] = make_response(active=True, created_at="2026-11-29T09:00:00Z")
        services.responses["POST /calendar"] = make_response(201, active=True, url=URL, path="/x")
        services.responses["GET /projects"] = make_response(items=[PROJECT], next_cursor=None)
        made = (await ada.post("/account/calendar", data={"key": "k"})).text
        for url in (URL, f"{URL}?components=todo", f"{URL}?project={PROJECT['id']}"):
            assert f'value="{url}"' in made
        assert "the project “Flat &lt;b&gt;”" in made
        later = (await ada.get("/account/calendar")).text
        assert URL not in later
        assert "29 November 2026" in later

    async def test_is_closed(self, ada: httpx2.AsyncClient, services: FakeServices) -> None:
        services.responses["DELETE /calendar"] = make_response(204)
        services.responses["GET /calendar"] = make_response(active=False, created_at=None)
        closed = await ada.post("/account/calendar/end", data={"key": "k"})
        assert closed.headers["location"] == "/account/calendar?done=ended"
        assert len(services.called("DELETE /calendar")) == 1
        page = (await ada.get(closed.headers["location"])).text
        assert "The address is closed." in page
        assert "Make an address" in page


@pytest.fixture
def account(services: FakeServices) -> FakeServices:
    services.responses["GET /users/me"] = make_response(**ME)
    services.responses["DELETE /users/me"] = make_response(204)
    return services


class TestAccountDeletion:
    @pytest.mark.parametrize("typed", ["", "yes", "ada@example.or", "ada@example.org.uk"])
    async def test_needs_the_right_confirmation(
        self, ada: httpx2.AsyncClient, account: FakeServices, typed: str
    ) -> None:
        refused = await ada.post("/account/delete", data={"typed": typed})
        assert refused.status_code == 422
        assert "Nothing was deleted." in refused.text
        assert not account.called("DELETE /users/me")

    @pytest.mark.parametrize("typed", ["Ada@example.org", " ada@EXAMPLE.org "])
    async def test_is_confirmed_by_the_address_and_signs_out(
        self, ada: httpx2.AsyncClient, account: FakeServices, typed: str
    ) -> None:
        gone = await ada.post("/account/delete", data={"typed": typed})
        assert gone.status_code == 200
        assert "The account is deleted" in gone.text
        assert "session=; Max-Age=0" in gone.headers["set-cookie"]
        assert len(account.called("DELETE /users/me")) == 1

    async def test_says_when_it_failed(self, ada: httpx2.AsyncClient, account: FakeServices) -> None:
        account.responses["DELETE /users/me"] = problem(503, "user-unavailable")
        refused = await ada.post("/account/delete", data={"typed": ME["email"]})
        assert refused.status_code == 503
        assert "be reached right now" in refused.text
        assert "set-cookie" not in refused.headers


class TestUsageSection:
    @pytest.mark.parametrize(
        ("usage", "expected"),
        [
            (Usage(name="tasks", used=1234, limit=50_000), ("Tasks", "1,234 of 50,000")),
            (
                Usage(name="bytes_of_text", used=999, limit=52_428_800, unit="bytes"),
                ("Text of tasks", "999 bytes of 52.4 MB"),
            ),
            (Usage(name="imports", used=0, limit=60, window_seconds=3600), ("Imports", "0 of 60 in an hour")),
        ],
        ids=lambda value: value.name if isinstance(value, Usage) else "",
    )
    def test_is_shown_in_words(self, usage: Usage, expected: tuple[str, str]) -> None:
        bar = build_bar(usage)
        assert (bar.name, bar.text) == expected

    async def test_is_part_of_the_settings(self, ada: httpx2.AsyncClient, services: FakeServices) -> None:
        services.responses["GET /preferences"] = make_response(**PREFERENCES)
        tasks = {"name": "tasks", "used": 3, "limit": 50}
        services.responses["GET /usage"] = lambda call: make_response(
            items=[tasks] if call.app is App.TASK else []
        )
        page = (await ada.get("/settings")).text
        assert "3 of 50" in page
        services.away = {App.CHAT}
        assert "Some of it can’t be read right now." in (await ada.get("/settings")).text


class TestAccountPages:
    async def test_are_all_reached_from_it(self, ada: httpx2.AsyncClient, account: FakeServices) -> None:
        account.responses["GET /users/me"] = make_response(**ME, week_start=None)
        page = (await ada.get("/account")).text
        for path in (
            "/settings",
            *(f"/account/{name}" for name in ("import", "calendar", "tokens", "delete")),
        ):
            assert f'href="{path}"' in page
