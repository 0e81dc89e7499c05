"""The settings page: what it asks of the notification service, and shows of its responses."""

from typing import Any

import httpx2
import pytest

from services.frontend.tests.fake_services import FakeServices, problem, tokens
from tests.fake_sidecar import make_response

STORED: dict[str, Any] = {
    "time_zone": "Europe/Berlin",
    "quiet_from": "22:00:00",
    "quiet_to": "07:00:00",
    "day_starts_at": "09:00:00",
    "default_reminder": 10,
    "digest_at": None,
    "email_available": True,
    "push_key": "BPushKey",
}
WEBHOOK = {
    "id": "01a20a20-adf2-70f8-90f8-d7d6fc4809a6",
    "kind": "webhook",
    "target": "https://example.com/<hook>",
    "is_active": False,
    "note": "410 Gone",
}


@pytest.fixture
async def settings(ada: httpx2.AsyncClient, services: FakeServices) -> httpx2.AsyncClient:
    services.responses["GET /preferences"] = make_response(**STORED)
    services.responses["GET /channels"] = make_response(items=[WEBHOOK], next_cursor=None)
    return ada


class TestSettingsForm:
    async def test_shows_what_is_stored(self, settings: httpx2.AsyncClient) -> None:
        text = (await settings.get("/settings")).text
        assert 'name="quiet_from" type="time" value="22:00"' in text
        assert 'name="default_reminder" type="number" value="10"' in text
        assert 'data-push-key="BPushKey"' in text
        assert "https://example.com/&lt;hook&gt;" in text
        assert "off: 410 Gone" in text
        assert f"/settings/channels/{WEBHOOK['id']}/test" not in text

    async def test_is_saved_as_a_patch(self, settings: httpx2.AsyncClient, services: FakeServices) -> None:
        services.responses["PATCH /preferences"] = make_response(**STORED)
        form = {"quiet_from": "", "quiet_to": "", "day_starts_at": "08:30", "default_reminder": "15"}
        saved = await settings.post("/settings", data=form | {"digest_at": "07:00", "key": "k"})
        assert (saved.status_code, saved.headers["location"]) == (303, "/settings?done=saved")
        (call,) = services.called("PATCH /preferences")
        assert call.json == {
            "quiet_from": None,
            "quiet_to": None,
            "day_starts_at": "08:30",
            "default_reminder": 15,
            "digest_at": "07:00",
        }

    async def test_keeps_invalid_values(self, settings: httpx2.AsyncClient, services: FakeServices) -> None:
        errors = [{"pointer": "/quiet_to", "detail": "has no end"}]
        services.responses["PATCH /preferences"] = problem(422, "invalid", errors=errors)
        refused = await settings.post("/settings", data={"quiet_from": "21:00"})
        assert refused.status_code == 422
        assert "has no end" in refused.text
        assert 'name="quiet_from" type="time" value="21:00"' in refused.text


class TestChannelSettings:
    async def test_show_the_secret_of_a_new_webhook_once(
        self, settings: httpx2.AsyncClient, services: FakeServices
    ) -> None:
        services.responses["POST /webhooks"] = make_response(201, secret="whsec_x")
        made = await settings.post("/settings/webhooks", data={"url": "https://example.com/hook"})
        assert "whsec_x" in made.text
        assert "whsec_x" not in (await settings.get("/settings")).text
        assert services.called("POST /webhooks")[0].json == {"url": "https://example.com/hook"}

    async def test_say_why_a_webhook_was_rejected(
        self, settings: httpx2.AsyncClient, services: FakeServices
    ) -> None:
        errors = [{"pointer": "/url", "detail": "this address is not public"}]
        services.responses["POST /webhooks"] = problem(422, "url-refused", errors=errors)
        refused = await settings.post("/settings/webhooks", data={"url": "http://10.0.0.1/"})
        assert "this address is not public" in refused.text
        assert 'value="http://10.0.0.1/"' in refused.text

    async def test_test_and_remove_a_channel(
        self, settings: httpx2.AsyncClient, services: FakeServices
    ) -> None:
        id = WEBHOOK["id"]
        for verb, route in [("test", f"POST /channels/{id}/test"), ("remove", f"DELETE /channels/{id}")]:
            done = await settings.post(f"/settings/channels/{id}/{verb}", data={})
            assert done.status_code == 303
            assert len(services.called(route)) == 1


class TestAccountSettings:
    @pytest.mark.parametrize(("chosen", "sent"), [("sunday", "sunday"), ("", None)])
    async def test_set_the_first_day_of_the_week(
        self, settings: httpx2.AsyncClient, services: FakeServices, chosen: str, sent: str | None
    ) -> None:
        stored: dict[str, Any] = {"email": "a@b.c", "name": "Ada", "time_zone": "Europe/Berlin", "version": 3}
        services.responses["GET /users/me"] = make_response(**stored, week_start="monday")
        services.responses["POST /auth/refresh"] = tokens()
        shown = (await settings.get("/account")).text
        assert '<option value="monday" selected>' in shown
        form = {"name": "Ada", "time_zone": "Europe/Berlin"}
        base = {f"base_{name}": value for name, value in form.items()}
        week = {"week_start": chosen, "base_week_start": "monday", "version": "3"}
        assert (await settings.post("/account", data=form | base | week)).status_code == 303
        assert services.called("PATCH /users/me")[0].json == {"week_start": sent}

    @pytest.mark.parametrize(("chosen", "sent"), [("vikunja", "vikunja"), ("", None)])
    async def test_set_the_markers_of_quick_add(
        self, settings: httpx2.AsyncClient, services: FakeServices, chosen: str, sent: str | None
    ) -> None:
        stored: dict[str, Any] = {"email": "a@b.c", "name": "", "time_zone": "Europe/Berlin", "version": 3}
        services.responses["GET /users/me"] = make_response(
            **stored, week_start=None, quick_add_marks="todoist"
        )
        services.responses["POST /auth/refresh"] = tokens()
        assert '<option value="todoist" selected>' in (await settings.get("/account")).text
        form = {"time_zone": "Europe/Berlin", "base_time_zone": "Europe/Berlin", "version": "3"}
        form |= {"quick_add_marks": chosen, "base_quick_add_marks": "todoist"}
        assert (await settings.post("/account", data=form)).status_code == 303
        assert services.called("PATCH /users/me")[0].json == {"quick_add_marks": sent}


class TestServiceWorker:
    async def test_is_served_uncached_at_the_root(self, nobody: httpx2.AsyncClient) -> None:
        script = await nobody.get("/service-worker.js")
        assert script.headers["content-type"].startswith("text/javascript")
        assert script.headers["cache-control"] == "no-cache"
        assert "notificationclick" in script.text
