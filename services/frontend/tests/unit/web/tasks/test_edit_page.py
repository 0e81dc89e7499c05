"""Saving what was edited, also when somebody else has saved meanwhile."""

import json
from typing import Any

import httpx2
import pytest
from frontend_service.web.tasks import task_form
from frontend_service.web.tasks.edit_page import read_edit

from contracts.names import App
from servicekit.dapr.sidecar import SidecarResponse
from services.frontend.tests.fake_services import Call, FakeServices, a_task, problem
from tests.fake_sidecar import make_response

READ = a_task(notes="two bottles", version=1)
ID = READ["id"]
SAVE = f"PATCH /tasks/{ID}"
HTMX = {"hx-request": "true"}


def form(**changes: str) -> dict[str, str]:
    shown = task_form.to_fields(READ)
    return {"key": "k", "version": "1", "base": json.dumps(shown)} | shown | changes


class Stored:
    """A task service that knows versions."""

    def __init__(self, **changed: Any) -> None:
        self.task: Any = READ | {"version": 2} | changed

    def patch(self, call: Call) -> SidecarResponse:
        if call.headers["if-match"] != f'"{self.task["version"]}"':
            return problem(412, "precondition-failed", current=self.task)
        self.task = self.task | call.json | {"version": self.task["version"] + 1}
        return make_response(**self.task)


class TestSavingATask:
    async def test_sends_only_what_was_changed_with_the_version_it_was_changed_from(
        self, ada: httpx2.AsyncClient, services: FakeServices
    ) -> None:
        services.responses[SAVE] = make_response(**READ)
        await ada.post(f"/tasks/{ID}", data=form(title="Buy oat milk"), headers=HTMX)
        call = services.called(SAVE)[0]
        assert call.json == {"title": "Buy oat milk"}
        assert call.headers["if-match"] == '"1"'
        assert call.headers["idempotency-key"] == "web-k"

    async def test_shows_the_updated_row(self, ada: httpx2.AsyncClient, services: FakeServices) -> None:
        services.responses[SAVE] = make_response(**READ | {"title": "Buy oat milk"})
        response = await ada.post(f"/tasks/{ID}", data=form(title="Buy oat milk"), headers=HTMX)
        assert f'<li id="task-{ID}" class="row" data-state="' in response.text
        assert "Saved “Buy oat milk”" in response.text

    async def test_leads_back_to_the_list_without_javascript(
        self, ada: httpx2.AsyncClient, services: FakeServices
    ) -> None:
        services.responses[SAVE] = make_response(**READ)
        response = await ada.post(f"/tasks/{ID}", data=form())
        assert (response.status_code, response.headers["location"]) == (303, f"/?done=save&task={ID}")

    async def test_names_the_field_that_was_rejected(
        self, ada: httpx2.AsyncClient, services: FakeServices
    ) -> None:
        errors = [{"pointer": "/labels/0", "detail": "too long"}]
        services.responses[SAVE] = problem(422, "invalid", errors=errors)
        response = await ada.post(f"/tasks/{ID}", data=form(labels="x" * 101), headers=HTMX)
        assert response.status_code == 422
        assert f'<p id="edit-{ID}-labels-error" class="problem">too long</p>' in response.text
        assert 'value="k"' not in response.text

    async def test_keeps_the_form_while_the_service_is_unavailable(
        self, ada: httpx2.AsyncClient, services: FakeServices
    ) -> None:
        services.away.add(App.TASK)
        response = await ada.post(f"/tasks/{ID}", data=form(title="Oat"), headers=HTMX)
        assert (response.status_code, response.headers["hx-reswap"]) == (503, "none")

    async def test_keeps_what_was_typed_and_its_key_without_javascript(
        self, ada: httpx2.AsyncClient, services: FakeServices
    ) -> None:
        services.away.add(App.TASK)
        response = await ada.post(f"/tasks/{ID}", data=form(title="Oat"))
        assert response.status_code == 503
        assert 'value="Oat"' in response.text
        assert 'name="key" value="k"' in response.text


class TestEditConflict:
    async def test_of_different_fields_is_merged_at_once(
        self, ada: httpx2.AsyncClient, services: FakeServices
    ) -> None:
        stored = Stored(notes="three bottles")
        services.responses[SAVE] = stored.patch
        response = await ada.post(f"/tasks/{ID}", data=form(title="Buy oat milk"), headers=HTMX)
        assert response.status_code == 200
        assert (stored.task["title"], stored.task["notes"]) == ("Buy oat milk", "three bottles")

    async def test_of_the_same_field_shows_both_and_asks(
        self, ada: httpx2.AsyncClient, services: FakeServices
    ) -> None:
        services.responses[SAVE] = Stored(title="Buy soy milk").patch
        response = await ada.post(f"/tasks/{ID}", data=form(title="Buy oat milk"), headers=HTMX)
        assert response.status_code == 409
        assert 'name="title" value="Buy oat milk"' in response.text
        assert '<q dir="auto">Buy soy milk</q>' in response.text
        assert 'name="version" value="2"' in response.text

    async def test_resolved_with_ones_own_text_overwrites_the_other(
        self, ada: httpx2.AsyncClient, services: FakeServices
    ) -> None:
        stored = Stored(title="Buy soy milk")
        services.responses[SAVE] = stored.patch
        base = json.dumps(task_form.to_fields(stored.task))
        await ada.post(f"/tasks/{ID}", data=form(title="Buy oat milk", base=base, version="2"))
        assert stored.task["title"] == "Buy oat milk"

    async def test_resolved_with_the_other_version_changes_nothing(
        self, ada: httpx2.AsyncClient, services: FakeServices
    ) -> None:
        services.responses[f"GET /tasks/{ID}"] = make_response(**READ | {"title": "Buy soy milk"})
        response = await ada.post(f"/tasks/{ID}", data=form(title="x", choice="theirs"), headers=HTMX)
        assert "Buy soy milk" in response.text
        assert services.called(SAVE) == []

    async def test_that_never_ends_is_given_up(self, ada: httpx2.AsyncClient, services: FakeServices) -> None:
        services.responses[SAVE] = problem(412, "precondition-failed", current=READ)
        response = await ada.post(f"/tasks/{ID}", data=form(title="x"), headers=HTMX)
        assert "keeps changing elsewhere" in response.text


class TestDeletedTask:
    async def test_can_be_restored_and_saved(self, ada: httpx2.AsyncClient, services: FakeServices) -> None:
        services.responses[SAVE] = problem(404, "not-found")
        response = await ada.post(f"/tasks/{ID}", data=form(title="Oat"), headers=HTMX)
        assert 'name="choice" value="restore"' in response.text
        stored = Stored()
        services.responses[SAVE] = stored.patch
        await ada.post(f"/tasks/{ID}", data=form(title="Oat", choice="restore"), headers=HTMX)
        assert [call.route for call in services.calls if call.method == "POST"] == [
            f"POST /tasks/{ID}/restore"
        ]
        assert stored.task["title"] == "Oat"

    async def test_leaves_no_row_behind(self, ada: httpx2.AsyncClient, services: FakeServices) -> None:
        services.responses[f"GET /tasks/{ID}"] = problem(404, "not-found")
        response = await ada.get(f"/tasks/{ID}", headers=HTMX)
        assert (response.status_code, response.text) == (200, "")


class TestFormWithoutItsPage:
    @pytest.mark.parametrize("base", ["", "[]", "{", '"x"', "null"])
    def test_without_a_base_version_changes_every_field(self, base: str) -> None:
        edit = read_edit({"base": base, "title": "x", "version": "-1"})
        assert (edit.base, edit.version) == ({}, 0)
