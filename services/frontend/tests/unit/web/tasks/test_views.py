"""Lists beside the tasks, searching, details and the trash, with made-up services."""

from datetime import UTC, datetime
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from frontend_service.web.tasks.sidebar import nest_projects
from frontend_service.web.tasks.task_details import describe_changes
from frontend_service.web.tasks.views import View

from contracts.api.lists import ProjectRead
from services.frontend.tests.fake_services import FakeServices, a_task, problem
from tests.fake_sidecar import make_response

ID = a_task()["id"]
NOW = datetime(2026, 12, 24, 9, tzinfo=UTC)


def project(id: str, parent_id: str | None = None, name: str = "") -> ProjectRead:
    fields = {"id": id, "name": name or id, "parent_id": parent_id, "archived": False}
    return cast(ProjectRead, fields)


class TestTaskView:
    @pytest.mark.parametrize(
        ("view", "query"),
        [
            (View(), ""),
            (View(list="today"), "saved=today"),
            (View(list="nonsense"), ""),
            (View(saved="x", q="a b"), "q=a+b&saved=x"),
            (View(label='a"b\\'), "filter=label+%3D+%22a%5C%22b%5C%5C%22"),
            (View(project="p"), "filter=project+%3D+%22p%22&sort=position"),
            (View(filter="done or due", sort="due"), "filter=done+or+due&sort=due"),
        ],
    )
    def test_asks_the_task_service(self, view: View, query: str) -> None:
        assert view.task_query() == query

    def test_appends_a_typed_filter_in_parentheses_to_its_own(self) -> None:
        query = parse_qs(urlsplit("?" + View(label="home", filter="done or due").task_query()).query)
        assert query["filter"] == ['label = "home" and (done or due)']

    def test_gives_new_tasks_its_attributes(self) -> None:
        assert View(project="p").given(NOW) == {"project_id": "p"}
        assert View(label="home").given(NOW) == {"labels": ["home"]}
        assert View(list="today").given(NOW) == {"due_date": "2026-12-24"}
        assert View(q="x").given(NOW) == {}


class TestSidebar:
    def test_nests_projects(self) -> None:
        found = nest_projects(
            [project("a"), project("c"), project("b", "a"), project("d", "b"), project("e", "gone")]
        )
        assert [(place.project["id"], place.level) for place in found] == [
            *(("a", 0), ("b", 1), ("d", 2), ("c", 0), ("e", 0))
        ]


class TestActivityDetails:
    def test_say_what_changed_in_words(self) -> None:
        before = {"priority": 0, "labels": [], "project_id": None, "position": "a"}
        after = {"priority": 4, "labels": ["a", "b"], "project_id": "p", "position": "b"}
        found = [
            (each.field, each.before, each.after) for each in describe_changes(before, after, {"p": "Home"})
        ]
        assert found == [("Priority", "None", "Urgent"), ("Labels", "", "a, b"), ("Project", "", "Home")]


class TestListPages:
    async def test_keep_the_view_in_row_actions(
        self, ada: httpx2.AsyncClient, services: FakeServices
    ) -> None:
        services.responses["GET /tasks"] = make_response(items=[a_task()], next_cursor=None)
        text = (await ada.get("/?list=today&q=milk")).text
        assert f'action="/tasks/{ID}/complete?list=today&amp;q=milk&amp;shown=50"' in text
        paths = [call.path for call in services.called("GET /tasks")]
        assert "/tasks?q=milk&saved=today&limit=50" in paths

    async def test_say_what_is_wrong_with_a_filter(
        self, ada: httpx2.AsyncClient, services: FakeServices
    ) -> None:
        services.responses["GET /tasks"] = problem(422, "filter-invalid", "There is no field “colour”.")
        found = await ada.get("/?filter=colour")
        assert found.status_code == 200
        assert 'aria-invalid="true" aria-describedby="filter-problem"' in found.text
        assert "There is no field “colour”." in found.text

    @pytest.mark.parametrize(
        ("query", "parsed", "sent"),
        [
            (f"project={ID}", {}, {"project_id": ID}),
            (f"project={ID}", {"project": "Other"}, {}),
            ("label=home", {"labels": ["work"]}, {"labels": ["work", "home"]}),
            ("label=home", {"labels": ["home"]}, {}),
            ("list=today", {"due_date": "2031-01-01"}, {}),
            ("", {}, {}),
        ],
    )
    async def test_fill_in_attributes_of_the_shown_list_for_a_new_task(
        self,
        ada: httpx2.AsyncClient,
        services: FakeServices,
        query: str,
        parsed: dict[str, Any],
        sent: dict[str, Any],
    ) -> None:
        services.responses["POST /tasks"] = make_response(201, **a_task())
        nothing: dict[str, Any] = {"labels": [], "project": None, "due_date": None}
        services.responses["POST /tasks/parse"] = make_response(task=nothing | parsed, spans=[], creates=[])
        await ada.post(f"/tasks?{query}", data={"title": "x"})
        assert services.called("POST /tasks")[0].json == {"quick": "x"} | sent

    async def test_show_and_restore_what_is_in_the_trash(
        self, ada: httpx2.AsyncClient, services: FakeServices
    ) -> None:
        services.responses["GET /tasks"] = make_response(items=[a_task(title="gone")], next_cursor=None)
        text = (await ada.get("/trash")).text
        assert 'aria-label="Restore: gone"' in text
        response = await ada.post(f"/trash/tasks/{ID}/restore", data={"key": "k"})
        assert response.headers["location"] == "/trash?restored=yes"
        assert len(services.called(f"POST /tasks/{ID}/restore")) == 1

    async def test_show_subtasks_and_history_of_a_task(
        self, ada: httpx2.AsyncClient, services: FakeServices
    ) -> None:
        entry = {
            "what": "updated",
            "at": "2026-01-01T00:00:00Z",
            "before": {"title": "a"},
            "after": {"title": "b"},
            "via": {"token": "7", "name": "my <laptop>"},
        }
        activity = [entry | {"via": {"token": None, "name": "assistant"}}, entry]
        services.responses[f"GET /tasks/{ID}"] = make_response(**a_task())
        services.responses["GET /tasks"] = make_response(items=[a_task(title="step")], next_cursor=None)
        services.responses[f"GET /tasks/{ID}/activity"] = make_response(items=activity, next_cursor=None)
        text = (await ada.get(f"/tasks/{ID}/edit")).text
        assert 'aria-label="Complete: step"' in text
        assert '<q dir="auto">a</q> → <q dir="auto">b</q>' in text
        assert 'by the API token <q dir="auto">my &lt;laptop&gt;</q>' in text
        assert "by the assistant <time" in text
