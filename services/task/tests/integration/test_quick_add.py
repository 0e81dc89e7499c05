"""Quick add through the API: what is said is stored, with what it names. On both databases."""

from typing import Any

import pytest
from task_service.main import create
from task_service.settings import Settings

from conftest import OpenService, ServiceUnderTest
from servicekit.security.auth import Principal

NOW = {"now": "2026-11-24T10:30:00Z"}


@pytest.fixture
async def task(open_service: OpenService) -> ServiceUnderTest:
    return await open_service(create, Settings)


async def parsed(task: ServiceUnderTest, quick: str, **more: Any) -> dict[str, Any]:
    response = await task.client.post("/tasks/parse", json={"quick": quick} | NOW | more)
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


async def added(task: ServiceUnderTest, quick: str, **more: Any) -> dict[str, Any]:
    response = await task.client.post("/tasks", json={"quick": quick} | more)
    assert response.status_code == 201, response.text
    found: dict[str, Any] = response.json()
    return found


async def named(task: ServiceUnderTest, kind: str) -> list[str]:
    return [each["name"] for each in (await task.client.get(f"/{kind}")).json()["items"]]


class TestParse:
    async def test_preview_shows_the_parsed_task(self, task: ServiceUnderTest) -> None:
        found = await parsed(task, "Pay rent every month on the 31st 9am #home +flat !2 remind 1 day before")
        assert found["task"] == {
            "title": "Pay rent",
            "due_date": "2026-11-30",
            "due_time": "09:00:00",
            "priority": 2,
            "labels": ["home"],
            "project": "flat",
            "recurrence": {
                "rule": "FREQ=MONTHLY;BYMONTHDAY=31",
                "from": "due",
                "month_end": "clamp",
                "missed": "skip",
            },
            "reminders": [{"minutes_before": 1440}],
        }
        assert found["spans"][:2] == [
            {"start": 9, "end": 32, "kind": "recurrence"},
            {"start": 33, "end": 36, "kind": "time"},
        ]

    async def test_preview_uses_the_zone_of_the_user_or_another(self, task: ServiceUnderTest) -> None:
        late = {"now": "2026-11-24T23:30:00Z"}
        assert (await parsed(task, "a today", **late))["task"]["due_date"] == "2026-11-25"
        there = await parsed(task, "a today", time_zone="America/New_York", **late)
        assert there["task"]["due_date"] == "2026-11-24"

    async def test_preview_lists_what_would_be_created_and_creates_nothing(
        self, task: ServiceUnderTest
    ) -> None:
        await added(task, "a #home +flat")
        found = await parsed(task, "b #HOME #garden +Flat")
        assert found["creates"] == [{"kind": "label", "name": "garden"}]
        assert (await parsed(task, "b +shed"))["creates"] == [{"kind": "project", "name": "shed"}]
        assert (await named(task, "labels"), await named(task, "projects")) == (["home"], ["flat"])
        assert len(await task.recorded()) == 3

    @pytest.mark.parametrize("text", ["today", "tomorrow 9am #home", "every day"])
    async def test_text_that_leaves_no_title_is_the_title(self, task: ServiceUnderTest, text: str) -> None:
        found = await parsed(task, text)
        assert (found["task"]["title"], found["task"]["due_date"], found["spans"]) == (text, None, [])

    @pytest.mark.parametrize(
        ("wrong", "pointer"),
        [
            ({"quick": ""}, "/quick"),
            ({"quick": "x" * 1001}, "/quick"),
            ({"quick": "a\x00b"}, "/quick"),
            ({"quick": "a", "now": "2026-11-24T10:30:00"}, "/now"),
            ({"quick": "a", "now": "0001-01-01T00:00:00Z"}, "/now"),
            ({"quick": "a", "time_zone": "Mars"}, "/time_zone"),
            ({"quick": "a", "zone": "UTC"}, "/zone"),
            ({}, "/quick"),
        ],
    )
    async def test_preview_errors_point_at_the_wrong_field(
        self, task: ServiceUnderTest, wrong: dict[str, Any], pointer: str
    ) -> None:
        response = await task.client.post("/tasks/parse", json=wrong)
        assert response.status_code == 422
        assert response.json()["errors"][0]["pointer"] == pointer


class TestAdd:
    async def test_quick_add_stores_the_parsed_task(self, task: ServiceUnderTest) -> None:
        found = await added(task, "Pay rent 2099-12-31 9am #home !2")
        assert (found["title"], found["labels"], found["priority"]) == ("Pay rent", ["home"], 2)
        assert found["due_at"] == "2099-12-31T08:00:00Z"
        event = (await task.recorded())[-1]
        assert event["data"]["task"]["title"] == "Pay rent"

    async def test_quick_add_makes_a_recurring_task(self, task: ServiceUnderTest) -> None:
        found = await added(task, "Water every! 10 days starting 2099-01-01")
        assert (found["due_date"], found["recurrence"]["from"]) == ("2099-01-01", "completion")
        await task.client.post(f"/tasks/{found['id']}/complete")
        assert len((await task.client.get("/tasks")).json()["items"]) == 2

    async def test_quick_add_creates_a_project_once(self, task: ServiceUnderTest) -> None:
        first, second = await added(task, 'a +"Tax return"'), await added(task, 'b +"tax RETURN"')
        assert first["project_id"] == second["project_id"] is not None
        assert await named(task, "projects") == ["Tax return"]

    async def test_explicit_fields_override_the_text(self, task: ServiceUnderTest) -> None:
        found = await added(task, "a tomorrow 9am !4 +x", priority=1, due_date=None, project_id=None)
        assert (found["title"], found["priority"], found["due_date"]) == ("a", 1, None)
        assert (found["due_time"], found["project_id"]) == (None, None)

    async def test_quoted_text_is_the_title_verbatim(self, task: ServiceUnderTest) -> None:
        found = await added(task, '"Buy milk tomorrow #home"')
        assert (found["title"], found["due_date"], found["labels"]) == ("Buy milk tomorrow #home", None, [])

    @pytest.mark.parametrize(
        ("wrong", "pointer", "code"),
        [
            ({"quick": '""'}, "/quick", "title-empty"),
            ({"quick": "a", "title": "b"}, "/title", "invalid"),
            ({"quick": None}, "/title", "invalid"),
            ({}, "/title", "invalid"),
            ({"quick": "x" * 501}, "/quick", "invalid"),
            ({"quick": "a every day until 1 jan 2020"}, "/quick", "rule-ends-early"),
            ({"quick": "a", "project_id": "none"}, "/project_id", "no-such-project"),
            ({"quick": "a", "due_date": "x"}, "/due_date", "invalid"),
        ],
    )
    async def test_quick_add_errors_point_at_the_text_and_store_nothing(
        self, task: ServiceUnderTest, wrong: dict[str, Any], pointer: str, code: str
    ) -> None:
        response = await task.client.post("/tasks", json=wrong)
        assert (response.status_code, response.json()["code"]) == (422, code), response.text
        assert response.json()["errors"][0]["pointer"] == pointer
        assert await task.recorded() == []
        assert await named(task, "labels") == []


class TestMarks:
    TEXT = "Pay tomorrow @home #Flat p1"

    async def test_requested_marker_syntax_is_used(self, task: ServiceUnderTest) -> None:
        body = {"quick": self.TEXT, "marks": "todoist"}
        parsed = (await task.client.post("/tasks/parse", json=body)).json()["task"]
        assert (parsed["title"], parsed["labels"], parsed["project"]) == ("Pay", ["home"], "Flat")
        made = (await task.client.post("/tasks", json=body)).json()
        assert (made["title"], made["labels"], made["priority"]) == ("Pay", ["home"], 4)

    async def test_preferred_marker_syntax_is_used(self, task: ServiceUnderTest) -> None:
        class Prefers:
            async def verify(self, token: str) -> Principal:
                return Principal("ada", "user", "Europe/Berlin", token, 2**40, quick_add_marks=token)

        task.app.state.verifier = Prefers()
        for marks, title in [("todoist", "Pay"), ("vikunja", self.TEXT.replace(" tomorrow", ""))]:
            headers = {"authorization": f"Bearer {marks}"}
            made = await task.client.post("/tasks", json={"quick": self.TEXT}, headers=headers)
            assert made.json()["title"] == title
            body = {"quick": "Pay #home", "marks": "todo"}
            parsed = await task.client.post("/tasks/parse", json=body, headers=headers)
            assert parsed.json()["task"]["labels"] == ["home"]

    async def test_unknown_marker_syntax_is_rejected(self, task: ServiceUnderTest) -> None:
        for path in ("/tasks", "/tasks/parse"):
            response = await task.client.post(path, json={"quick": "x", "marks": "asana"})
            assert response.status_code == 422
            assert response.json()["errors"][0]["pointer"] == "/marks"
