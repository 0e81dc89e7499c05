"""The tables of docs/filters.md, run through the API, and what lists promise. On both databases."""

import base64
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from task_service.filtering.fields import FIELDS, OPERATORS
from task_service.main import create
from task_service.saved_filters.use_cases import BUILT_IN
from task_service.settings import Settings

from conftest import OpenService, ServiceUnderTest
from tests.statements import statements

DOCUMENT = Path(__file__).parents[4] / "docs" / "filters.md"
SORTS = ("due", "-due", "-priority,due", "title,-created", "-completed,position", "-updated", "done,-due")


def table(heading: str) -> list[list[str]]:
    """The rows of the table under a heading, without backticks."""
    section = DOCUMENT.read_text().partition(f"## {heading}\n")[2].partition("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip(" `") for cell in row.strip("|").split("|")] for row in rows[2:]]


@pytest.fixture
async def task(open_service: OpenService) -> ServiceUnderTest:
    return await open_service(create, Settings)


@pytest.fixture
async def examples(task: ServiceUnderTest) -> ServiceUnderTest:
    ids: dict[str, str] = {}
    for title, fields in table("Examples"):
        await _make(task, title, json.loads(fields), ids)
    return task


async def _make(task: ServiceUnderTest, title: str, fields: dict[str, Any], ids: dict[str, str]) -> None:
    today = datetime.now(ZoneInfo("Europe/Berlin")).date()
    days = {"yesterday": -1, "today": 0, "tomorrow": 1}
    if fields.get("due_date") in days:
        fields["due_date"] = str(today + timedelta(days=days[fields["due_date"]]))
    if project := fields.pop("project", None):
        fields["project_id"] = (await task.client.post("/projects", json={"name": project})).json()["id"]
    if parent := fields.pop("parent", None):
        fields["parent_id"] = ids[parent]
    done = fields.pop("done", False)
    response = await task.client.post("/tasks", json={"title": title} | fields)
    assert response.status_code == 201, response.text
    ids[title] = response.json()["id"]
    if done:
        await task.client.post(f"/tasks/{ids[title]}/complete")


async def found(task: ServiceUnderTest, **parameters: Any) -> str:
    response = await task.client.get("/tasks", params=parameters)
    assert response.status_code == 200, (parameters, response.text)
    return ", ".join(item["title"] for item in response.json()["items"])


class TestTables:
    async def test_filters_find_the_documented_tasks(self, examples: ServiceUnderTest) -> None:
        rows = table("What is found")
        assert {row[0]: await found(examples, filter=row[0], sort="created") for row in rows} == dict(rows)

    async def test_searches_find_the_documented_tasks(self, examples: ServiceUnderTest) -> None:
        rows = table("What is searched")
        assert {row[0]: await found(examples, q=row[0], sort="created") for row in rows} == dict(rows)

    async def test_sort_orders_match_the_document(self, examples: ServiceUnderTest) -> None:
        rows = table("How it is sorted")
        assert {row[0]: await found(examples, sort=row[0]) for row in rows} == dict(rows)

    async def test_built_in_filters_find_the_documented_tasks(self, examples: ServiceUnderTest) -> None:
        rows = table("Saved and built-in filters")
        assert {row[0]: (row[1], row[2]) for row in rows} == {
            name: (built_in.filter, built_in.sort) for name, built_in in BUILT_IN.items()
        }
        documented = {row[0]: row[3] for row in rows if row[3] != "as the day is"}
        assert {name: await found(examples, saved=name) for name in documented} == documented
        for name in BUILT_IN.keys() - documented.keys():
            assert await found(examples, saved=name) == await found(
                examples, filter=BUILT_IN[name].filter, sort=BUILT_IN[name].sort
            )

    async def test_errors_point_at_the_wrong_character(self, task: ServiceUnderTest) -> None:
        for filter, position, because in table("What is refused"):
            response = await task.client.get("/tasks", params={"filter": filter})
            assert (response.status_code, response.json()["code"]) == (422, "filter-invalid"), filter
            (problem,) = response.json()["errors"]
            assert (problem["pointer"], problem["position"]) == ("?filter", int(position)), filter
            assert because in problem["detail"], filter


def test_fields_are_those_of_the_document() -> None:
    written = {
        name: (set(by.split("` `")), alone == "yes", none == "yes")
        for name, by, alone, none in table("Fields")
    }
    assert written == {
        name: (set(OPERATORS[field.type]), field.stands_alone, field.nullable)
        for name, field in FIELDS.items()
    }


class TestSaved:
    async def test_saved_filter_is_used_by_name_or_id_and_combined(self, examples: ServiceUnderTest) -> None:
        body = {"name": "At Home", "filter": 'label = "home"', "sort": "-title"}
        id = (await examples.client.post("/filters", json=body)).json()["id"]
        for name in ("at home", id):
            assert await found(examples, saved=name) == "Post parcel, Pay rent, Crème brûlée"
        also = {"filter": "not done", "sort": "title", "q": "r"}
        assert await found(examples, saved=id, **also) == "Crème brûlée, Pay rent"

    async def test_saved_filter_of_another_user_is_not_found(self, examples: ServiceUnderTest) -> None:
        bob = {"authorization": "Bearer bob"}
        body = {"name": "bob's", "filter": "done"}
        id = (await examples.client.post("/filters", json=body, headers=bob)).json()["id"]
        for name in ("bob's", id):
            response = await examples.client.get("/tasks", params={"saved": name})
            assert (response.status_code, response.json()["code"]) == (422, "no-such-filter")

    @pytest.mark.parametrize(
        ("body", "pointer", "position"),
        [
            ({"filter": "done and"}, "/filter", 8),
            ({"filter": ""}, "/filter", 0),
            ({"sort": "due,colour"}, "/sort", 4),
        ],
    )
    async def test_saved_filter_is_validated_when_saved(
        self, task: ServiceUnderTest, body: dict[str, str], pointer: str, position: int
    ) -> None:
        whole = {"name": "x", "filter": "done"}
        id = (await task.client.post("/filters", json=whole)).json()["id"]
        for response in (
            await task.client.post("/filters", json={"name": "y", "filter": "done"} | body),
            await task.client.patch(f"/filters/{id}", json=body),
        ):
            (problem,) = response.json()["errors"]
            assert (problem["pointer"], problem["position"]) == (pointer, position)

    async def test_saved_filter_cannot_take_a_built_in_name(self, task: ServiceUnderTest) -> None:
        response = await task.client.post("/filters", json={"name": "Today", "filter": "done"})
        assert (response.status_code, response.json()["code"]) == (409, "name-taken")


class TestList:
    @pytest.mark.parametrize(
        "query",
        [
            "",
            'filter=label = "a" and project ~ "b" and parent = "c"',
            "q=x&sort=title",
            "saved=today",
            "trash=true",
        ],
    )
    async def test_list_is_one_statement(self, task: ServiceUnderTest, query: str) -> None:
        with statements(task) as seen:
            assert (await task.client.get(f"/tasks?{query}")).status_code == 200
        assert len(seen) == 1

    async def test_list_never_shows_tasks_of_another_user(self, examples: ServiceUnderTest) -> None:
        bob = {"authorization": "Bearer bob"}
        queries = [row[0] for row in table("What is found")] + ["done or not done"]
        for filter in queries:
            response = await examples.client.get("/tasks", params={"filter": filter}, headers=bob)
            assert response.json()["items"] == []

    @settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(data=st.data(), sort=st.sampled_from(SORTS), limit=st.integers(2, 4))
    async def test_pages_give_each_row_once_in_order_during_writes(
        self, examples: ServiceUnderTest, data: st.DataObject, sort: str, limit: int
    ) -> None:
        client, query = examples.client, {"sort": sort, "limit": str(limit)}
        whole = (await client.get("/tasks", params={"sort": sort})).json()["items"]
        seen: list[str] = []
        added: list[str] = []
        for _ in range(8):
            page = (await client.get("/tasks", params=query)).json()
            seen += [item["id"] for item in page["items"]]
            priority, day = data.draw(st.tuples(st.integers(0, 4), st.none() | st.dates().map(str)))
            extra = {"title": "another", "priority": priority, "due_date": day}
            added.append((await client.post("/tasks", json=extra)).json()["id"])
            if page["next_cursor"] is None:
                break
            query["cursor"] = page["next_cursor"]
        for id in added:
            await client.delete(f"/tasks/{id}")
        assert [id for id in seen if id not in added][: len(whole)] == [item["id"] for item in whole]
        assert len(seen) == len(set(seen))

    async def test_cursor_of_another_list_is_rejected(self, examples: ServiceUnderTest) -> None:
        mine: dict[str, Any] = {"limit": 1, "sort": "due", "filter": "not done"}
        cursor = (await examples.client.get("/tasks", params=mine)).json()["next_cursor"]
        for other in ({"sort": "-due"}, {"filter": "done"}, {"q": "x"}, {"trash": True}, {"saved": "today"}):
            response = await examples.client.get("/tasks", params=mine | other | {"cursor": cursor})
            assert response.json()["code"] == "cursor-invalid"

    @pytest.mark.parametrize("at", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "2026-05-01"])
    async def test_cursor_with_an_impossible_time_is_rejected(
        self, examples: ServiceUnderTest, at: str
    ) -> None:
        """Somebody made it, from one of ours."""
        ours = (await examples.client.get("/tasks?limit=1")).json()["next_cursor"]
        binding, *rest = json.loads(base64.urlsafe_b64decode(ours + "=="))
        made = base64.urlsafe_b64encode(json.dumps([binding, at, *rest[1:]]).encode()).decode()
        response = await examples.client.get(f"/tasks?limit=1&cursor={made}")
        assert (response.status_code, response.json()["code"]) == (422, "cursor-invalid")

    @pytest.mark.parametrize(
        ("query", "pointer", "code"),
        [
            ("sort=colour", "?sort", "sort-invalid"),
            ("sort=due,due", "?sort", "sort-invalid"),
            ("saved=nobody", "?saved", "no-such-filter"),
            ("saved=a%00", "?saved", "no-such-filter"),
            ("q=a%00", "?q", "search-invalid"),
            ("cursor=x", "?cursor", "cursor-invalid"),
            ("trash=perhaps", "?trash", "invalid"),
            ("q=" + "+".join(f"w{n}" for n in range(21)), "?q", "search-too-long"),
        ],
    )
    async def test_invalid_parameters_are_rejected(
        self, task: ServiceUnderTest, query: str, pointer: str, code: str
    ) -> None:
        response = await task.client.get(f"/tasks?{query}")
        assert (response.status_code, response.json()["code"]) == (422, code)
        assert response.json()["errors"][0]["pointer"] == pointer
