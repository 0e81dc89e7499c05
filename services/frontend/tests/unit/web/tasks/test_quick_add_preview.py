"""Chips of what would be understood, while a task is written."""

from typing import Any

import httpx2

from contracts.names import App
from services.frontend.tests.fake_services import FakeServices, problem
from tests.fake_sidecar import make_response

HTMX = {"hx-request": "true"}
TEXT = "<b> every! 2 days 9am #home +flat !2"


def preview(**task: Any) -> dict[str, Any]:
    usual: dict[str, Any] = dict.fromkeys(("due_date", "due_time", "project"))
    usual |= {"labels": [], "priority": 0}
    return {"task": usual | task, "spans": [], "creates": []}


class TestPreviewChips:
    async def test_show_what_the_task_service_parsed(
        self, ada: httpx2.AsyncClient, services: FakeServices
    ) -> None:
        found = preview(
            due_date="2031-05-06", due_time="09:00:00", labels=["home"], project="flat", priority=2
        )
        found["spans"] = [{"start": 4, "end": 17, "kind": "recurrence"}]
        found["creates"] = [{"kind": "project", "name": "flat"}]
        services.responses["POST /tasks/parse"] = make_response(**found)
        text = (await ada.get("/tasks/understood", params={"title": TEXT}, headers=HTMX)).text
        for chip in ("6 May 2031, 09:00", "every! 2 days", "flat (new)", "home", "Priority 2"):
            assert f"</span>{chip}</li>" in text
        (call,) = services.called("POST /tasks/parse")
        assert call.json == {"quick": TEXT}
        assert "idempotency-key" not in call.headers

    async def test_show_names_as_text(self, ada: httpx2.AsyncClient, services: FakeServices) -> None:
        services.responses["POST /tasks/parse"] = make_response(
            **preview(project="<script>alert(1)</script>")
        )
        text = (await ada.get("/tasks/understood", params={"title": "a"}, headers=HTMX)).text
        assert "&lt;script&gt;" in text
        assert "<script>" not in text

    async def test_are_silently_omitted_when_parsing_fails(
        self, ada: httpx2.AsyncClient, services: FakeServices
    ) -> None:
        services.responses["POST /tasks/parse"] = problem(422, "invalid")
        queries = [{"title": "a"}, {"title": ""}, {"title": "x" * 1001}, {}]
        for params in queries:
            response = await ada.get("/tasks/understood", params=params, headers=HTMX)
            assert (response.status_code, response.text.strip()) == (200, "")
        assert len(services.called("POST /tasks/parse")) == 1
        services.away.add(App.TASK)
        assert (await ada.get("/tasks/understood?title=a", headers=HTMX)).status_code == 200
