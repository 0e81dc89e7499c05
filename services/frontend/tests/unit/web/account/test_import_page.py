"""The pages that import a file: what they send, and show of the responses."""

import re
from html import unescape
from random import Random
from typing import Any

import httpx2
import orjson
import pytest
from frontend_service.web.account.import_file import MOST_PACKED, ImportFile, restore_file
from hypothesis import given
from hypothesis import strategies as st

from contracts.names import App
from servicekit.dapr.content_digest import HEADER, compute_digest
from servicekit.dapr.sidecar import SidecarResponse
from servicekit.errors import Invalid
from services.frontend.tests.fake_services import FakeServices, a_task, problem
from tests.fake_sidecar import make_raw_response

ID = a_task()["id"]
CSV = "title,due\nBüro <b>,2099-01-05\n".encode()
TASK = a_task(title="Büro <b>", due_date="2099-01-05", project="Flat", parent=None, labels=["home"])
PREVIEW: dict[str, Any] = {
    "id": ID,
    "status": "preview",
    "total": 3,
    "done": 0,
    "added": 2,
    "skipped": 1,
    "report": [{"where": "row 3", "what": "“32 May” is no date"}],
    "more": 4,
    "format": "csv",
    "tasks": [TASK],
}


def make_document_response(code: int, document: dict[str, Any]) -> SidecarResponse:
    """What the service answers; its document has a `status` of its own."""
    body = orjson.dumps(document)
    return make_raw_response(code, body, {HEADER: compute_digest(body)})


def job(status: str = "running") -> dict[str, Any]:
    return PREVIEW | {"status": status, "tasks": None, "format": None}


def upload(content: bytes = CSV, name: str = "tasks.csv") -> dict[str, Any]:
    return {"files": {"file": (name, content)}}


def fields_of(html: str) -> dict[str, str]:
    """The hidden fields of the form that imports."""
    return {
        name: unescape(value)
        for name, value in re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', html)
    }


class TestImportPreview:
    async def test_says_in_words_what_would_be_imported_and_stores_nothing(
        self, ada: httpx2.AsyncClient, services: FakeServices
    ) -> None:
        services.responses["POST /import"] = make_document_response(200, PREVIEW)
        shown = await ada.post("/account/import", data={"project": " Flat "}, **upload())
        assert shown.status_code == 200
        for text in ("2 tasks</strong> would be added", "1 task of this file is here already", "row 3:"):
            assert text in shown.text
        assert "Büro &lt;b&gt;" in shown.text
        assert "in Flat" in shown.text
        assert "And 4 more." in shown.text
        (call,) = services.called("POST /import")
        assert (call.json, call.path) == (CSV, "/import?dry_run=true&project=Flat")

    async def test_leads_to_the_import_of_the_same_file(
        self, ada: httpx2.AsyncClient, services: FakeServices
    ) -> None:
        services.responses["POST /import"] = make_document_response(200, PREVIEW)
        shown = await ada.post("/account/import", data={"project": "Flat"}, **upload())
        services.responses["POST /import"] = make_document_response(202, job("waiting"))
        started = await ada.post("/account/import/start", data=fields_of(shown.text))
        assert (started.status_code, started.headers["location"]) == (303, f"/account/import/{ID}")
        call = services.called("POST /import")[-1]
        assert (call.json, call.path) == (CSV, "/import?project=Flat")

    @pytest.mark.parametrize(
        ("sent", "text"),
        [({}, "Choose a file first."), (upload(b""), "This file is empty.")],
        ids=["none", "empty"],
    )
    async def test_requires_a_file(
        self, ada: httpx2.AsyncClient, services: FakeServices, sent: dict[str, Any], text: str
    ) -> None:
        refused = await ada.post("/account/import", **(sent or {"data": {"project": "x"}}))
        assert refused.status_code == 422
        assert text in refused.text
        assert not services.called("POST /import")

    async def test_says_why_a_file_cannot_be_read(
        self, ada: httpx2.AsyncClient, services: FakeServices
    ) -> None:
        services.responses["POST /import"] = problem(422, "import-unreadable", "The file contains no tasks.")
        refused = await ada.post("/account/import", **upload())
        assert refused.status_code == 422
        assert 'role="alert">The file contains no tasks.' in refused.text

    async def test_says_that_the_service_is_unavailable(
        self, ada: httpx2.AsyncClient, services: FakeServices
    ) -> None:
        services.away = {App.TASK}
        refused = await ada.post("/account/import", **upload())
        assert refused.status_code == 503
        assert "be reached right now" in refused.text

    async def test_counts_as_an_import(self, ada: httpx2.AsyncClient, services: FakeServices) -> None:
        services.responses["POST /import"] = make_document_response(200, PREVIEW)
        await ada.post("/account/import", **upload())
        items = {item["name"]: item for item in (await ada.get("/api/v1/users/me/usage")).json()["items"]}
        assert items["imports"]["used"] == 1


class TestKeptFile:
    @given(content=st.binary(min_size=1, max_size=5000))
    def test_is_the_file_that_was_chosen(self, content: bytes) -> None:
        assert restore_file(ImportFile(content, "a", "").packed, "a", "").content == content

    def test_too_large_for_a_form_is_rejected(self) -> None:
        noise = Random(1).randbytes(MOST_PACKED + 1000)
        with pytest.raises(Invalid, match="too large"):
            _ = ImportFile(noise, "a", "").packed

    @pytest.mark.parametrize("packed", ["", "####", "eJw=", "AAAA"])
    def test_from_outside_the_form_is_rejected(self, packed: str) -> None:
        with pytest.raises(Invalid, match="Choose the file again"):
            restore_file(packed, "a", "")


class TestImportProgress:
    async def test_polls_until_the_import_has_ended(
        self, ada: httpx2.AsyncClient, services: FakeServices
    ) -> None:
        services.responses[f"GET /import/{ID}"] = make_document_response(200, job())
        page = (await ada.get(f"/account/import/{ID}")).text
        assert 'hx-trigger="every 1s"' in page
        services.responses[f"GET /import/{ID}"] = make_document_response(200, job("done"))
        part = (await ada.get(f"/account/import/{ID}", headers={"hx-request": "true"})).text
        assert "hx-trigger" not in part
        assert "2 tasks added, 1 task here already." in part
        assert "row 3:" in part

    async def test_keeps_what_is_shown_while_the_service_is_unavailable(
        self, ada: httpx2.AsyncClient, services: FakeServices
    ) -> None:
        services.away = {App.TASK}
        response = await ada.get(f"/account/import/{ID}", headers={"hx-request": "true"})
        assert response.status_code == 204


class TestUploadedFile:
    async def test_is_forwarded_unchanged(self, ada: httpx2.AsyncClient, services: FakeServices) -> None:
        services.responses["POST /import"] = make_document_response(200, PREVIEW)
        await ada.post("/account/import", **upload())
        (call,) = services.called("POST /import")
        assert call.headers["content-type"] == "application/octet-stream"
        assert call.headers["idempotency-key"].startswith("web-")
