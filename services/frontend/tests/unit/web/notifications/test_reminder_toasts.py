"""Reminders on an open page: which are told, and what their buttons ask of the services."""

from typing import Any

import httpx2
import pytest

from services.frontend.tests.fake_services import FakeServices, a_task, problem
from tests.fake_sidecar import make_response

HTMX = {"hx-request": "true"}
NOTICE, REMINDER, TASK = (a_task()["id"][:-1] + digit for digit in "123")
NINE, TEN = 1_796_202_000, 1_796_205_600
"""Of 2026-12-02, UTC."""


def entry(**fields: Any) -> dict[str, Any]:
    usual = {
        "id": NOTICE,
        "kind": "reminder",
        "title": "Dentist <b>",
        "task_id": TASK,
        "reminder_id": REMINDER,
    }
    return usual | {"created_at": "2026-12-02T09:30:00Z", "read_at": None} | fields


async def get_badge(ada: httpx2.AsyncClient, services: FakeServices, since: int, **fields: Any) -> str:
    services.responses["GET /notifications"] = make_response(items=[entry(**fields)], next_cursor=None)
    return (await ada.get(f"/notifications/badge?since={since}", headers=HTMX)).text


class TestReminderToast:
    async def test_is_shown_with_its_actions(self, ada: httpx2.AsyncClient, services: FakeServices) -> None:
        text = await get_badge(ada, services, NINE)
        assert f'id="reminder-{NOTICE}"' in text
        assert "Dentist &lt;b&gt;" in text
        assert f'hx-post="/notifications/{NOTICE}/done"' in text
        assert f'hx-post="/reminders/{REMINDER}/snooze"' in text

    @pytest.mark.parametrize(
        ("since", "fields"),
        [(TEN, {}), (0, {}), (NINE, {"kind": "digest"})],
        ids=["old", "no page", "digest"],
    )
    async def test_is_not_shown_for_other_entries(
        self, ada: httpx2.AsyncClient, services: FakeServices, since: int, fields: dict[str, Any]
    ) -> None:
        assert "data-reminder" not in await get_badge(ada, services, since, **fields)

    async def test_without_a_task_has_no_complete_button(
        self, ada: httpx2.AsyncClient, services: FakeServices
    ) -> None:
        text = await get_badge(ada, services, NINE, task_id=None)
        assert "/snooze" in text
        assert "/done" not in text


class TestReminderButtons:
    async def test_complete_the_task_and_mark_it_as_read(
        self, ada: httpx2.AsyncClient, services: FakeServices
    ) -> None:
        form = {"task": TASK, "key": "k"}
        done = await ada.post(f"/notifications/{NOTICE}/done", data=form, headers=HTMX)
        assert "Completed." in done.text
        assert len(services.called(f"POST /tasks/{TASK}/complete")) == 1
        assert len(services.called(f"POST /notifications/{NOTICE}/read")) == 1

    async def test_tolerate_that_the_entry_is_gone(
        self, ada: httpx2.AsyncClient, services: FakeServices
    ) -> None:
        services.responses[f"POST /notifications/{NOTICE}/read"] = problem(404, "not-found")
        done = await ada.post(f"/notifications/{NOTICE}/done", data={"task": TASK}, headers=HTMX)
        assert done.status_code == 200

    async def test_snooze_the_reminder(self, ada: httpx2.AsyncClient, services: FakeServices) -> None:
        snoozed = await ada.post(f"/reminders/{REMINDER}/snooze", data={"key": "k"})
        assert snoozed.headers["location"] == "/notifications"
        assert services.called(f"POST /reminders/{REMINDER}/snooze")[0].json == {"minutes": 10}

    @pytest.mark.parametrize("sent", ["", "../x", "1"])
    async def test_send_no_request_for_an_invalid_id(
        self, ada: httpx2.AsyncClient, services: FakeServices, sent: str
    ) -> None:
        refused = await ada.post(f"/notifications/{NOTICE}/done", data={"task": sent}, headers=HTMX)
        assert refused.status_code == 422
        assert not [call for call in services.calls if call.method == "POST"]
