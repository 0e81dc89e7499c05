"""The API of tasks: what is answered, what is stored, what is told. On both databases."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from task_service.main import create
from task_service.settings import Settings
from task_service.subscriptions import subscriptions
from task_service.tasks.schemas import TaskRead

from conftest import OpenService, ServiceUnderTest
from contracts.user import UserDeleted

CHANGES = {
    "title": st.text(min_size=1, max_size=20).filter(str.strip).filter(lambda text: "\x00" not in text),
    "notes": st.text(max_size=20).filter(lambda text: "\x00" not in text),
    "priority": st.integers(0, 4),
    "labels": st.lists(st.sampled_from(["home", "work", "déjà vu"]), max_size=3),
    "due_date": st.none() | st.dates().map(str),
    "time_zone": st.none() | st.sampled_from(["Europe/Berlin", "America/New_York"]),
}


@pytest.fixture
async def task(open_service: OpenService) -> ServiceUnderTest:
    return await open_service(create, Settings)


async def made(task: ServiceUnderTest, **fields: Any) -> dict[str, Any]:
    response = await task.client.post("/tasks", json={"title": "milk"} | fields)
    assert response.status_code == 201, response.text
    found: dict[str, Any] = response.json()
    return found


async def types(task: ServiceUnderTest) -> list[str]:
    return [event["type"].split(".")[2] for event in await task.recorded("task")]


class TestCreate:
    async def test_answers_with_the_whole_task(self, task: ServiceUnderTest) -> None:
        response = await task.client.post("/tasks", json={"title": "  milk "})
        body = response.json()
        assert response.headers["etag"] == '"1"'
        assert response.headers["location"] == f"/api/v1/tasks/{body['id']}"
        assert set(body) == set(TaskRead.model_fields)
        assert (body["title"], body["done"], body["version"]) == ("milk", False, 1)

    async def test_tells_the_whole_task(self, task: ServiceUnderTest) -> None:
        body = await made(task, labels=["home"], priority=3)
        (event,) = await task.recorded("task")
        assert event["type"] == "todo.task.created.v1"
        assert (event["subject"], event["partitionkey"]) == (body["id"], "ada")
        assert event["data"]["task"] == {name: body[name] for name in event["data"]["task"]}

    async def test_computes_when_it_is_due_in_the_zone_of_the_task(self, task: ServiceUnderTest) -> None:
        when = {"due_date": "2026-07-01", "due_time": "09:30", "time_zone": "America/New_York"}
        assert (await made(task, **when))["due_at"] == "2026-07-01T13:30:00Z"

    async def test_computes_when_a_floating_task_is_due_in_the_zone_of_the_user(
        self, task: ServiceUnderTest
    ) -> None:
        assert (await made(task, due_date="2026-07-01", due_time="09:30"))["due_at"] == "2026-07-01T07:30:00Z"

    @pytest.mark.parametrize(
        ("wrong", "pointer"),
        [
            ({"title": ""}, "/title"),
            ({"title": "  "}, "/title"),
            ({"title": "x" * 501}, "/title"),
            ({"title": None}, "/title"),
            ({"title": 7}, "/title"),
            ({"titel": "x"}, "/titel"),
            ({"priority": 5}, "/priority"),
            ({"priority": "high"}, "/priority"),
            ({"labels": ["x" * 101]}, "/labels/0"),
            ({"labels": "home"}, "/labels"),
            ({"due_date": "tomorrow"}, "/due_date"),
            ({"due_date": "2026-02-30"}, "/due_date"),
            ({"due_time": "09:00"}, ""),
            ({"due_date": "2026-07-01", "due_time": "09:00+02:00"}, "/due_time"),
            ({"time_zone": "Mars/Olympus"}, "/time_zone"),
            ({"parent_id": "nobody"}, "/parent_id"),
            ({"project_id": "nothing"}, "/project_id"),
        ],
    )
    async def test_points_at_what_is_wrong_and_stores_nothing(
        self, task: ServiceUnderTest, wrong: dict[str, Any], pointer: str
    ) -> None:
        response = await task.client.post("/tasks", json={"title": "milk"} | wrong)
        assert response.status_code == 422
        assert response.json()["errors"][0]["pointer"] == pointer
        assert (await task.client.get("/tasks")).json()["items"] == []
        assert await task.recorded() == []


class TestUpdate:
    async def test_changes_what_is_named_and_nothing_else(self, task: ServiceUnderTest) -> None:
        before = await made(task, notes="2 %", labels=["home"], priority=2)
        response = await task.client.patch(f"/tasks/{before['id']}", json={"title": "bread"})
        after = response.json()
        changed = {name for name in before if before[name] != after[name]}
        assert changed == {"title", "version", "updated_at"}
        assert response.headers["etag"] == '"2"'
        assert (await task.recorded("task"))[1]["data"]["changed"] == ["title"]

    async def test_with_null_clears(self, task: ServiceUnderTest) -> None:
        fields = {
            "notes": "x",
            "labels": ["home"],
            "priority": 2,
            "due_date": "2026-07-01",
            "due_time": "09:00",
        }
        before = await made(task, **fields)
        response = await task.client.patch(f"/tasks/{before['id']}", json=dict.fromkeys(fields))
        after = response.json()
        assert (after["notes"], after["labels"], after["priority"]) == ("", [], 0)
        assert (after["due_date"], after["due_time"], after["due_at"]) == (None, None, None)

    async def test_that_changes_nothing_is_none(self, task: ServiceUnderTest) -> None:
        before = await made(task)
        for body in ({}, {"title": "milk"}, {"notes": None}):
            after = (await task.client.patch(f"/tasks/{before['id']}", json=body)).json()
            assert after == before
        assert await types(task) == ["created"]

    async def test_takes_the_date_away_only_with_the_time(self, task: ServiceUnderTest) -> None:
        before = await made(task, due_date="2026-07-01", due_time="09:00")
        response = await task.client.patch(f"/tasks/{before['id']}", json={"due_date": None})
        assert response.json()["code"] == "due-time-without-date"

    @settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(changes=st.fixed_dictionaries({}, optional=CHANGES))
    async def test_touches_only_what_is_named_whatever_it_is(
        self, task: ServiceUnderTest, changes: dict[str, Any]
    ) -> None:
        before = await made(task, notes="n", labels=["home"], priority=1, due_date="2026-01-01")
        after = (await task.client.patch(f"/tasks/{before['id']}", json=changes)).json()
        untouched = set(before) - set(changes) - {"version", "updated_at", "due_at"}
        assert {name: after[name] for name in untouched} == {name: before[name] for name in untouched}
        again = (await task.client.patch(f"/tasks/{before['id']}", json=changes)).json()
        assert again == after

    async def test_refuses_another_version(self, task: ServiceUnderTest) -> None:
        before = await made(task)
        path = f"/tasks/{before['id']}"
        response = await task.client.patch(path, json={"title": "a"}, headers={"if-match": '"2", "3"'})
        assert response.status_code == 412
        assert response.headers["etag"] == '"1"'
        assert response.json()["current"] == before


class TestCompleteAndReopen:
    async def test_there_and_back(self, task: ServiceUnderTest) -> None:
        path = f"/tasks/{(await made(task))['id']}"
        done = (await task.client.post(f"{path}/complete")).json()
        assert done["done"]
        assert done["completed_at"]
        again = (await task.client.post(f"{path}/reopen")).json()
        assert (again["done"], again["completed_at"], again["version"]) == (False, None, 3)
        assert await types(task) == ["created", "completed", "reopened"]

    async def test_twice_is_once(self, task: ServiceUnderTest) -> None:
        path = f"/tasks/{(await made(task))['id']}"
        first, second = [(await task.client.post(f"{path}/complete")).json() for _ in range(2)]
        assert first == second
        assert await types(task) == ["created", "completed"]


class TestDelete:
    async def test_hides_and_restore_brings_back(self, task: ServiceUnderTest) -> None:
        before = await made(task)
        path = f"/tasks/{before['id']}"
        assert (await task.client.delete(path)).status_code == 204
        for response in (await task.client.get(path), await task.client.delete(path)):
            assert response.status_code == 404
        assert (await task.client.get("/tasks")).json()["items"] == []
        assert (await task.client.post(f"{path}/restore")).json()["title"] == "milk"
        assert (await task.client.get(path)).status_code == 200
        assert await types(task) == ["created", "deleted", "restored"]


class TestList:
    async def test_gives_each_task_once_while_others_are_added(self, task: ServiceUnderTest) -> None:
        first = [(await made(task, title=str(n)))["id"] for n in range(7)]
        seen: list[str] = []
        cursor = ""
        while True:
            page = (await task.client.get(f"/tasks?limit=2{cursor}")).json()
            seen += [item["id"] for item in page["items"]]
            await made(task, title="added meanwhile")
            if not page["next_cursor"]:
                break
            cursor = f"&cursor={page['next_cursor']}"
        assert seen == first[::-1]

    @pytest.mark.parametrize("limit", ["0", "201", "-1", "x", ""])
    async def test_refuses_a_wrong_limit(self, task: ServiceUnderTest, limit: str) -> None:
        response = await task.client.get(f"/tasks?limit={limit}")
        assert response.json()["errors"][0]["pointer"] == "?limit"

    async def test_refuses_the_cursor_of_somebody_else(self, task: ServiceUnderTest) -> None:
        for _ in range(2):
            await made(task)
        cursor = (await task.client.get("/tasks?limit=1")).json()["next_cursor"]
        response = await task.client.get(f"/tasks?cursor={cursor}", headers={"authorization": "Bearer bob"})
        assert response.json()["code"] == "cursor-invalid"


class TestErasure:
    async def test_erases_the_user_and_nobody_else(self, task: ServiceUnderTest) -> None:
        await made(task)
        bob = {"authorization": "Bearer bob"}
        await task.client.post("/tasks", json={"title": "bob's"}, headers=bob)
        await task.receive(subscriptions.handlers, UserDeleted(user_id="ada"))
        assert (await task.client.get("/tasks")).json()["items"] == []
        assert len((await task.client.get("/tasks", headers=bob)).json()["items"]) == 1
