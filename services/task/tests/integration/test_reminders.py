"""Reminders of a task: taken, shown, told to others, and carried on. On both databases."""

from typing import Any

import pytest
from task_service.main import create
from task_service.settings import Settings

from conftest import OpenService, ServiceUnderTest

DAILY = {"rule": "FREQ=DAILY"}
AT = "2026-05-01T08:00:00Z"


@pytest.fixture
async def tasks(open_service: OpenService) -> ServiceUnderTest:
    return await open_service(create, Settings)


async def make(tasks: ServiceUnderTest, **fields: Any) -> dict[str, Any]:
    response = await tasks.client.post("/tasks", json={"title": "milk"} | fields)
    assert response.status_code == 201, response.text
    made: dict[str, Any] = response.json()
    return made


class TestReminders:
    async def test_are_shown_as_they_were_set(self, tasks: ServiceUnderTest) -> None:
        reminders = [{"minutes_before": 30}, {"at": "2026-05-01T10:00:00+02:00"}, {"minutes_before": 30}]
        task = await make(tasks, reminders=reminders)
        assert task["reminders"] == [{"minutes_before": 30}, {"at": AT}]
        assert (await tasks.client.get(f"/tasks/{task['id']}")).json()["reminders"] == task["reminders"]

    async def test_are_told_with_every_change(self, tasks: ServiceUnderTest) -> None:
        task = await make(tasks, reminders=[{"minutes_before": 5}])
        await tasks.client.patch(f"/tasks/{task['id']}", json={"reminders": [{"at": AT}]})
        await tasks.client.patch(f"/tasks/{task['id']}", json={"reminders": [{"at": AT}]})
        created, updated = await tasks.recorded()
        assert created["data"]["task"]["reminders"] == [{"minutes_before": 5, "at": None}]
        assert updated["data"]["task"]["reminders"] == [{"minutes_before": None, "at": AT}]
        assert updated["data"]["changed"] == ["reminders"]

    async def test_are_cleared_by_null(self, tasks: ServiceUnderTest) -> None:
        task = await make(tasks, reminders=[{"minutes_before": 5}])
        response = await tasks.client.patch(f"/tasks/{task['id']}", json={"reminders": None})
        assert response.json()["reminders"] == []

    @pytest.mark.parametrize(
        "reminder",
        [
            *({}, {"minutes_before": 5, "at": AT}, {"minutes_before": -1}, {"at": "2026-05-01T08:00:00"}),
            *({"at": "0001-01-01T00:00:00+14:00"}, {"at": "9999-12-31T23:59:59-12:00"}),
        ],
    )
    async def test_that_say_no_time_are_refused(self, tasks: ServiceUnderTest, reminder: Any) -> None:
        response = await tasks.client.post("/tasks", json={"title": "milk", "reminders": [reminder]})
        assert response.status_code == 422
        assert response.json()["errors"][0]["pointer"].startswith("/reminders/0")

    async def test_before_due_are_those_of_the_next_occurrence_too(self, tasks: ServiceUnderTest) -> None:
        reminders = [{"minutes_before": 5}, {"at": AT}]
        task = await make(tasks, due_date="2026-05-01", recurrence=DAILY, reminders=reminders)
        await tasks.client.post(f"/tasks/{task['id']}/complete")
        following = (await tasks.recorded())[-1]["data"]["task"]
        assert following["due_date"] != "2026-05-01"
        assert [each["minutes_before"] for each in following["reminders"]] == [5]
