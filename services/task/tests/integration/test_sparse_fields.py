"""`?fields=`: some fields of a task have the values they have in the whole. On both databases."""

import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from task_service.main import create
from task_service.settings import Settings
from task_service.tasks.schemas import TaskRead

from conftest import OpenService, ServiceUnderTest

FULL = {
    "title": "Zähne “putzen” 🦷",
    "notes": 'a\nb\t\\ "c" \u2028',
    "priority": 3,
    "labels": ["home", "déjà vu"],
    "due_date": "2099-01-31",
    "due_time": "09:30",
    "time_zone": "America/New_York",
    "recurrence": {"rule": "FREQ=MONTHLY", "month_end": "skip"},
    "reminders": [{"minutes_before": 30}, {"at": "2099-01-01T00:00:00Z"}],
}
SORTS = ("created", "-due,title", "position")
every_name = st.sampled_from(sorted(TaskRead.model_fields))
subsets = st.lists(every_name, min_size=1, max_size=30)
"""In any order; a name can come twice."""
anything = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
fuzzy = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
async def task(open_service: OpenService) -> ServiceUnderTest:
    """With a project, a task in it that has a value in each field it can have, one below it, one done."""
    service = await open_service(create, Settings)
    project = (await service.client.post("/projects", json={"name": "P"})).json()["id"]
    first = await made(service, **FULL, project_id=project)
    await made(service, title="below", parent_id=first["id"])
    done = await made(service, title="done")
    await service.client.post(f"/tasks/{done['id']}/complete")
    return service


async def made(task: ServiceUnderTest, **fields: Any) -> dict[str, Any]:
    response = await task.client.post("/tasks", json=fields)
    assert response.status_code == 201, response.text
    found: dict[str, Any] = response.json()
    return found


async def listed(task: ServiceUnderTest, **parameters: Any) -> dict[str, Any]:
    response = await task.client.get("/tasks", params=parameters)
    assert response.status_code == 200, (parameters, response.text)
    found: dict[str, Any] = response.json()
    return found


def part(whole: dict[str, Any], names: list[str]) -> dict[str, Any]:
    return {name: value for name, value in whole.items() if name in {"id", *names}}


class TestList:
    @fuzzy
    @given(names=subsets, limit=st.integers(1, 4), sort=st.sampled_from(SORTS))
    async def test_listed_fields_equal_those_of_the_whole_task(
        self, task: ServiceUnderTest, names: list[str], limit: int, sort: str
    ) -> None:
        whole = await listed(task, sort=sort, limit=limit)
        some = await listed(task, sort=sort, limit=limit, fields=",".join(names))
        assert list(some) == list(whole)
        assert some["items"] == [part(item, names) for item in whole["items"]]
        assert (some["next_cursor"] is None) == (whole["next_cursor"] is None)

    async def test_cursor_works_with_other_fields(self, task: ServiceUnderTest) -> None:
        seen: list[str] = []
        cursor: dict[str, Any] = {}
        for fields in ("title", "id,notes", "due_date"):
            page = await listed(task, sort="title", limit=1, fields=fields, **cursor)
            seen += [item["id"] for item in page["items"]]
            cursor = {"cursor": page["next_cursor"]}
        assert cursor == {"cursor": None}
        assert seen == [item["id"] for item in (await listed(task, sort="title"))["items"]]

    async def test_sparse_list_is_smaller(self, task: ServiceUnderTest) -> None:
        some = await task.client.get("/tasks", params={"fields": "title"})
        assert len(some.content) < len((await task.client.get("/tasks")).content) / 4

    async def test_list_without_the_parameter_has_all_fields(self, task: ServiceUnderTest) -> None:
        for item in (await listed(task))["items"]:
            assert set(item) == set(TaskRead.model_fields)


class TestOneTask:
    @fuzzy
    @given(names=subsets)
    async def test_fields_of_one_task_equal_those_of_the_whole(
        self, task: ServiceUnderTest, names: list[str]
    ) -> None:
        for item in (await listed(task))["items"]:
            whole = await task.client.get(f"/tasks/{item['id']}")
            some = await task.client.get(f"/tasks/{item['id']}", params={"fields": ",".join(names)})
            assert some.json() == part(whole.json(), names)
            for header in ("content-type", "etag"):
                assert some.headers[header] == whole.headers[header]

    async def test_etag_of_sparse_fields_serves_as_if_match(self, task: ServiceUnderTest) -> None:
        path = f"/tasks/{(await listed(task))['items'][0]['id']}"
        tag = (await task.client.get(path, params={"fields": "title"})).headers["etag"]
        for status in (200, 412):
            change = {"notes": f"changed {status}"}
            response = await task.client.patch(path, json=change, headers={"if-match": tag})
            assert response.status_code == status

    async def test_sparse_fields_answer_not_modified_until_the_task_changes(
        self, task: ServiceUnderTest
    ) -> None:
        path = f"/tasks/{(await listed(task))['items'][0]['id']}"
        fields = {"fields": "title"}
        tag = (await task.client.get(path, params=fields)).headers["etag"]
        again = await task.client.get(path, params=fields, headers={"if-none-match": tag})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
        await task.client.patch(path, json={"title": "another"})
        changed = await task.client.get(path, params=fields, headers={"if-none-match": tag})
        assert (changed.status_code, changed.json()["title"]) == (200, "another")
        assert changed.headers["etag"] != tag


class TestInvalidFields:
    @pytest.mark.parametrize(
        ("fields", "position"),
        [
            *(("", 0), (" ", 1), (",", 0), ("id,", 3), (",id", 0), ("id,,title", 3), ("id, ,title", 4)),
            *(("colour", 0), ("id,colour", 3), ("id, colour", 4), ("Title", 0), ("id;title", 0)),
            *(("user_id", 0), ("due_by", 0), ("items", 0), ("title.x", 0), ("recurrence.rule", 0)),
            *(("*", 0), ("__dict__", 0), ("model_fields", 0), ("-title", 0), ("title\n", 0), ("tıtle", 0)),
        ],
    )
    async def test_unknown_field_is_rejected(
        self, task: ServiceUnderTest, fields: str, position: int
    ) -> None:
        some = (await listed(task))["items"][0]["id"]
        for path in ("/tasks", f"/tasks/{some}"):
            response = await task.client.get(path, params={"fields": fields})
            assert response.headers["content-type"] == "application/problem+json"
            problem = response.json()
            assert (response.status_code, problem["code"]) == (422, "fields-invalid")
            (error,) = problem["errors"]
            assert (error["pointer"], error["position"]) == ("?fields", position)
            name = fields[position:].split(",")[0].strip(" ")
            assert f"“{name}”" in error["detail"]

    @fuzzy
    @given(fields=anything | st.lists(every_name | anything, max_size=4).map(",".join))
    async def test_fields_pattern_of_the_document_is_enforced(
        self, task: ServiceUnderTest, fields: str
    ) -> None:
        operation = task.app.openapi()["paths"]["/tasks"]["get"]
        (schema,) = [each["schema"] for each in operation["parameters"] if each["name"] == "fields"]
        response = await task.client.get("/tasks", params={"fields": fields})
        fits = re.fullmatch(schema["pattern"], fields)
        assert response.status_code == (200 if fits else 422)

    async def test_too_long_a_field_list_is_rejected(self, task: ServiceUnderTest) -> None:
        response = await task.client.get("/tasks", params={"fields": "id," * 400 + "id"})
        assert (response.status_code, response.json()["errors"][0]["pointer"]) == (422, "?fields")

    async def test_two_field_lists_are_rejected(self, task: ServiceUnderTest) -> None:
        response = await task.client.get("/tasks?fields=id&fields=title")
        assert (response.status_code, response.json()["code"]) == (422, "repeated-parameter")
