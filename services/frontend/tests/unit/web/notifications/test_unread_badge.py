"""The inbox and what its entries lead to, with made-up services."""

import json
from dataclasses import replace
from typing import Any

import httpx2
import pytest

from servicekit.dapr.sidecar import SidecarResponse
from services.frontend.tests.fake_services import FakeServices, a_task
from tests.fake_sidecar import make_response

ID = a_task()["id"]
ENTRY: dict[str, Any] = {
    "id": ID,
    "kind": "import",
    "title": "Imported 2 tasks from <Todoist>",
    "text": "",
    "task_id": None,
    "reminder_id": None,
    "import_id": None,
    "channel_id": None,
    "due_at": None,
    "due_date": None,
    "late": False,
    "created_at": "2026-11-24T10:00:00Z",
    "read_at": None,
}


def the_import(**fields: Any) -> SidecarResponse:
    job = {"id": ID, "status": "done", "total": 3, "done": 3, "added": 2, "skipped": 1, "more": 4} | fields
    return replace(make_response(), body=json.dumps(job).encode())


class TestInboxEntry:
    @pytest.mark.parametrize(
        ("fields", "link"),
        [
            ({"import_id": ID}, f"/account/import/{ID}"),
            ({"kind": "reminder", "task_id": ID}, f"/tasks/{ID}/edit"),
            ({"kind": "channel.failing", "channel_id": ID}, "/settings"),
        ],
    )
    async def test_links_to_its_subject(
        self, ada: httpx2.AsyncClient, services: FakeServices, fields: dict[str, Any], link: str
    ) -> None:
        services.responses["GET /notifications"] = make_response(items=[ENTRY | fields], next_cursor=None)
        text = (await ada.get("/notifications")).text
        assert f'<a href="{link}">Imported 2 tasks from &lt;Todoist&gt;</a>' in text

    async def test_without_a_subject_has_no_link(
        self, ada: httpx2.AsyncClient, services: FakeServices
    ) -> None:
        services.responses["GET /notifications"] = make_response(items=[ENTRY], next_cursor=None)
        text = (await ada.get("/notifications")).text
        assert ">Imported 2 tasks from &lt;Todoist&gt;</p>" in text


class TestImportEntry:
    async def test_shows_what_could_not_be_imported(
        self, ada: httpx2.AsyncClient, services: FakeServices
    ) -> None:
        report = [{"where": "line 3", "what": "a <b>date</b>"}]
        services.responses[f"GET /import/{ID}"] = the_import(report=report)
        text = (await ada.get(f"/account/import/{ID}")).text
        assert "2 tasks added, 1 task here already." in text
        assert "Imported differently, or not at all" in text
        assert "line 3" in text
        assert "a &lt;b&gt;date&lt;/b&gt;" in text
        assert "And 4 more" in text

    async def test_that_failed_says_why(self, ada: httpx2.AsyncClient, services: FakeServices) -> None:
        report = [{"where": "file", "what": "No room."}]
        services.responses[f"GET /import/{ID}"] = the_import(status="failed", report=report)
        text = (await ada.get(f"/account/import/{ID}")).text
        assert "Import failed" in text
        assert "<h3>Why</h3>" in text
        assert "No room." in text
