"""The calendar address: what a program gets that knows only the URL. On both databases."""

from typing import Any

import pytest
from ical.calendar_stream import IcsCalendarStream
from icalendar import Calendar
from task_service.main import create
from task_service.settings import Settings
from task_service.subscriptions import subscriptions

from conftest import OpenService, ServiceUnderTest
from contracts.user import UserUpdated

NOBODY = {"authorization": ""}


@pytest.fixture
async def task(open_service: OpenService) -> ServiceUnderTest:
    return await open_service(create, Settings)


async def furnish(task: ServiceUnderTest) -> str:
    """Tasks of many kinds; returns the id of the one project."""
    project: str = (await task.client.post("/projects", json={"name": "House"})).json()["id"]
    for fields in (
        {"title": "undated"},
        {"title": "day", "due_date": "2099-01-01", "project_id": project},
        {"title": "long ago", "due_date": "2001-01-01"},
        {"title": "pill", "quick": None, "due_date": "2099-01-01", "due_time": "09:00"}
        | {"recurrence": {"rule": "FREQ=DAILY;UNTIL=20990301"}, "reminders": [{"minutes_before": 10}]},
    ):
        body = {name: value for name, value in fields.items() if value is not None}
        assert (await task.client.post("/tasks", json=body)).status_code == 201
    done = (await task.client.post("/tasks", json={"title": "done", "due_date": "2099-01-01"})).json()
    await task.client.post(f"/tasks/{done['id']}/complete")
    return project


async def address(task: ServiceUnderTest) -> str:
    path: str = (await task.client.post("/calendar")).json()["path"]
    return path.removeprefix("/api/v1")


async def titles(task: ServiceUnderTest, url: str) -> tuple[set[str], set[str]]:
    """Of the events and of the to-dos, as two programs agree."""
    response = await task.client.get(url, headers=NOBODY)
    assert response.status_code == 200, response.text
    theirs = IcsCalendarStream.calendar_from_ics(response.text)
    other: Any = Calendar.from_ical(response.content)
    found = {each.summary or "" for each in theirs.events}, {each.summary or "" for each in theirs.todos}
    assert found == tuple({str(each["summary"]) for each in other.walk(kind)} for kind in ("VEVENT", "VTODO"))
    return found


class TestFeedUrl:
    async def test_feed_url_is_absolute(self, task: ServiceUnderTest) -> None:
        task.app.state.settings.public_url = "https://todo.test/"
        made = (await task.client.post("/calendar")).json()
        assert made["url"] == "https://todo.test" + made["path"]

    async def test_feed_answers_head_requests(self, task: ServiceUnderTest) -> None:
        url = await address(task)
        response = await task.client.head(url, headers=NOBODY)
        assert (response.status_code, response.content) == (200, b"")
        assert (await task.client.head("/calendar/unknown.ics", headers=NOBODY)).status_code == 404

    async def test_feed_follows_the_user_to_another_time_zone(self, task: ServiceUnderTest) -> None:
        url = await address(task)
        rule = {"rule": "FREQ=DAILY;UNTIL=20990301T020000Z"}
        body = {"title": "a", "due_date": "2099-01-01", "due_time": "21:00", "recurrence": rule}
        await task.client.post("/tasks", json=body)
        moved = UserUpdated(user_id="ada", email="ada@example.com", name="Ada", time_zone="America/New_York")
        await task.receive(subscriptions.handlers, moved)
        assert "UNTIL=20990228T210000\r\n" in (await task.client.get(url)).text


class TestComponents:
    @pytest.mark.parametrize(
        ("query", "events", "todos"),
        [
            ("", {"day", "long ago", "pill"}, set()),
            ("?components=event", {"day", "long ago", "pill"}, set()),
            ("?components=todo", set(), {"day", "long ago", "pill", "undated"}),
            ("?components=both", {"day", "long ago", "pill"}, {"undated"}),
            ("?filter=overdue", {"long ago"}, set()),
        ],
    )
    async def test_feed_has_the_requested_components(
        self, task: ServiceUnderTest, query: str, events: set[str], todos: set[str]
    ) -> None:
        await furnish(task)
        assert await titles(task, await address(task) + query) == (events, todos)

    async def test_feed_of_one_project_has_its_name(self, task: ServiceUnderTest) -> None:
        url = f"{await address(task)}?project={await furnish(task)}"
        assert await titles(task, url) == ({"day"}, set())
        assert "X-WR-CALNAME:House\r\n" in (await task.client.get(url)).text

    async def test_feed_of_a_saved_filter_has_the_tasks_it_finds(self, task: ServiceUnderTest) -> None:
        await furnish(task)
        made = (await task.client.post("/filters", json={"name": "Days", "filter": 'title = "day"'})).json()
        url = await address(task)
        assert await titles(task, f"{url}?filter=Days") == ({"day"}, set())
        assert await titles(task, f"{url}?filter={made['id']}") == ({"day"}, set())

    @pytest.mark.parametrize(
        ("query", "status"), [("components=all", 422), ("filter=nothing", 422), ("project=nothing", 404)]
    )
    async def test_invalid_feed_parameters_are_rejected(
        self, task: ServiceUnderTest, query: str, status: int
    ) -> None:
        assert (await task.client.get(f"{await address(task)}?{query}")).status_code == status

    async def test_calendar_export_has_every_task_once(self, task: ServiceUnderTest) -> None:
        await furnish(task)
        calendar: Any = Calendar.from_ical((await task.client.get("/export?format=ics")).content)
        assert len(calendar.walk("VEVENT")) == 3
        assert {str(each["summary"]) for each in calendar.walk("VTODO")} == {"undated", "done"}


class TestEtag:
    async def test_unchanged_feed_answers_not_modified(self, task: ServiceUnderTest) -> None:
        url = await address(task)
        etag = (await task.client.get(url)).headers["etag"]
        same = {"if-none-match": etag}
        assert (await task.client.get(url, headers=same)).status_code == 304
        assert (await task.client.get(f"{url}?components=todo", headers=same)).status_code == 200
        await task.client.post("/tasks", json={"title": "a", "due_date": "2099-01-01"})
        assert (await task.client.get(url, headers=same)).status_code == 200
