"""Keeping projects, labels and filters; the manual order of tasks. With made-up services."""

from typing import Any

import httpx2
import pytest

from contracts.names import App
from servicekit.dapr.sidecar import SidecarResponse
from services.frontend.tests.fake_services import FakeServices, a_task, problem
from tests.fake_sidecar import make_response

ID = a_task()["id"]
OTHER = "01a20a20-adf2-70f8-90f8-d7d6fc4809a7"


def named(id: str = ID, **more: Any) -> dict[str, Any]:
    return {"id": id, "name": "Flat", "colour": None, "version": 3, "parent_id": None} | more


class TestListsPage:
    @pytest.fixture
    async def page(self, ada: httpx2.AsyncClient, services: FakeServices) -> httpx2.AsyncClient:
        projects = [named(archived=True, colour="#123456")]
        services.responses["GET /projects"] = make_response(items=projects, next_cursor=None)
        services.responses["GET /labels"] = make_response(items=[named(name='"home"')], next_cursor=None)
        return ada

    async def test_shows_projects_labels_and_filters(self, page: httpx2.AsyncClient) -> None:
        text = (await page.get("/lists")).text
        assert '<option value="#123456" selected>' in text
        assert 'value="yes" checked> Archived' in text
        assert 'aria-label="Delete label &#34;home&#34;"' in text
        assert 'aria-current="page">Manage lists' in text

    async def test_changes_name_colour_and_archive(
        self, page: httpx2.AsyncClient, services: FakeServices
    ) -> None:
        form = {"name": "House", "colour": "", "version": "3", "key": "k"}
        kinds: list[tuple[str, dict[str, Any]]] = [("projects", {"archived": False}), ("labels", {})]
        for kind, more in kinds:
            response = await page.post(f"/lists/{kind}/{ID}", data=form)
            assert response.headers["location"] == "/lists?done=saved"
            (sent,) = services.called(f"PATCH /{kind}/{ID}")
            assert sent.json == {"name": "House", "colour": None} | more
            assert sent.headers["if-match"] == '"3"'

    async def test_deletes_a_list(self, page: httpx2.AsyncClient, services: FakeServices) -> None:
        services.responses[f"GET /labels/{ID}"] = make_response(id=ID, name="home")
        response = await page.post(f"/lists/labels/{ID}/delete", data={"key": "k"})
        assert response.headers["location"] == "/lists?done=removed"
        assert len(services.called(f"DELETE /labels/{ID}")) == 1

    @pytest.mark.parametrize(
        ("kind", "question"),
        [
            ("projects", "Move “home” with 2 tasks to the trash?"),
            ("labels", "Take the label “home” off 2 tasks?"),
            ("filters", "Delete the filter “home”?"),
        ],
    )
    async def test_asks_before_dependent_items_are_deleted(
        self, page: httpx2.AsyncClient, services: FakeServices, kind: str, question: str
    ) -> None:
        services.responses[f"GET /{kind}/{ID}"] = make_response(id=ID, name="home")
        services.responses["GET /tasks"] = make_response(items=[a_task(), a_task()], next_cursor=None)
        response = await page.post(f"/lists/{kind}/{ID}/delete", data={"key": "k"})
        assert question in response.text
        assert services.called(f"DELETE /{kind}/{ID}") == []
        await page.post(f"/lists/{kind}/{ID}/delete", data={"key": "k", "sure": "yes"})
        assert len(services.called(f"DELETE /{kind}/{ID}")) == 1

    async def test_offers_to_restore_a_deleted_project(
        self, page: httpx2.AsyncClient, services: FakeServices
    ) -> None:
        services.responses[f"GET /projects/{ID}"] = make_response(id=ID, name="home")
        response = await page.post(f"/lists/projects/{ID}/delete", data={"key": "k"})
        text = (await page.get(response.headers["location"])).text
        assert f'action="/trash/projects/{ID}/restore"' in text

    @pytest.mark.parametrize(
        ("refused", "message"),
        [
            (
                problem(409, "name-taken", "A label with this name already exists: “House”."),
                "already exists: “House”",
            ),
            (problem(412, "precondition-failed"), "It was changed elsewhere meanwhile."),
            (problem(422, "invalid", errors=[{"pointer": "/name", "detail": "must not be blank"}]), "blank"),
        ],
    )
    async def test_says_why_something_is_rejected(
        self, page: httpx2.AsyncClient, services: FakeServices, refused: SidecarResponse, message: str
    ) -> None:
        services.responses[f"PATCH /labels/{ID}"] = refused
        response = await page.post(f"/lists/labels/{ID}", data={"name": "House"})
        assert response.status_code == refused.status
        assert message in response.text


class TestManualOrder:
    @pytest.mark.parametrize(
        ("query", "ordered"),
        [
            ("project=p", True),
            ("list=inbox", True),
            ("sort=position", True),
            ("project=p&sort=due", False),
            ("", False),
        ],
    )
    async def test_can_be_changed_where_it_is_shown(
        self, ada: httpx2.AsyncClient, services: FakeServices, query: str, ordered: bool
    ) -> None:
        services.responses["GET /tasks"] = make_response(items=[a_task(), a_task(id=OTHER)], next_cursor=None)
        text = (await ada.get(f"/?{query}")).text
        assert (f'value="{ID} down"' in text) is ordered
        assert (f'value="{OTHER} up"' in text) is ordered

    @pytest.mark.parametrize(
        ("step", "body"),
        [(f"{ID} down", {"after": OTHER}), (f"{OTHER} up", {"before": ID}), (f"{ID} up", {"before": ID})],
    )
    async def test_can_be_changed_by_one_step(
        self, ada: httpx2.AsyncClient, services: FakeServices, step: str, body: dict[str, str]
    ) -> None:
        services.responses["GET /tasks"] = make_response(items=[a_task(), a_task(id=OTHER)], next_cursor=None)
        moved = step.partition(" ")[0]
        services.responses[f"POST /tasks/{moved}/move"] = make_response(**a_task(id=moved))
        await ada.post("/tasks/move?project=p", data={"move": step, "key": "k"})
        assert services.called(f"POST /tasks/{moved}/move")[0].json == body

    async def test_is_forwarded_to_the_service(self, ada: httpx2.AsyncClient, services: FakeServices) -> None:
        services.responses[f"POST /tasks/{ID}/move"] = make_response(**a_task())
        response = await ada.post("/tasks/move?project=p", data={"move": f"{ID} after {OTHER}", "key": "k"})
        assert response.headers["location"] == f"/?project=p&done=move&task={ID}"
        assert services.called(f"POST /tasks/{ID}/move")[0].json == {"after": OTHER}

    async def test_is_not_changed_by_invalid_input(
        self, ada: httpx2.AsyncClient, services: FakeServices
    ) -> None:
        response = await ada.post("/tasks/move", data={"move": f"{ID} between {OTHER}"})
        assert response.status_code == 422
        assert services.called(f"POST /tasks/{ID}/move") == []


class TestSidebarLists:
    """What `/sidebar` answers a page that shows lists already; 204 leaves them as they are."""

    @pytest.mark.parametrize("kind", ["projects", "labels", "filters"])
    @pytest.mark.parametrize("failure", [None, problem(503, "unavailable"), problem(500, "internal-error")])
    async def test_stay_when_one_of_them_can_not_be_read(
        self, ada: httpx2.AsyncClient, services: FakeServices, kind: str, failure: SidecarResponse | None
    ) -> None:
        services.responses["GET /projects"] = make_response(
            items=[named(name="Garden", archived=False)], next_cursor=None
        )
        assert "Garden" in (await ada.get("/sidebar?have=none")).text
        if failure:
            services.responses[f"GET /{kind}"] = failure
        else:
            services.away = {App.TASK}
        response = await ada.get("/sidebar?have=none")
        assert (response.status_code, response.content) == (204, b"")

    async def test_reappear_when_they_can_be_read(
        self, ada: httpx2.AsyncClient, services: FakeServices
    ) -> None:
        services.away = {App.TASK}
        assert 'hx-trigger="live-lists from:body, every 4s"' in (await ada.get("/")).text
        services.away = set()
        services.responses["GET /labels"] = make_response(items=[named(name="garden")], next_cursor=None)
        assert "garden" in (await ada.get("/sidebar?have=none")).text
