"""What floats follows its user to another zone. On both databases."""

from typing import Any

import pytest
from task_service.main import create
from task_service.settings import Settings
from task_service.subscriptions import subscriptions

from conftest import OpenService, ServiceUnderTest
from contracts.user import UserUpdated


@pytest.fixture
async def task(open_service: OpenService) -> ServiceUnderTest:
    return await open_service(create, Settings)


async def made(task: ServiceUnderTest, **fields: Any) -> str:
    id: str = (await task.client.post("/tasks", json={"title": "x"} | fields)).json()["id"]
    return id


async def move(task: ServiceUnderTest, zone: str) -> None:
    event = UserUpdated(user_id="ada", email="ada@example.org", name="", time_zone=zone)
    await task.receive(subscriptions.handlers, event)


class TestAUserWhoMoves:
    async def test_takes_floating_times_along(self, task: ServiceUnderTest) -> None:
        id = await made(task, due_date="2099-07-01", due_time="09:00")
        await move(task, "America/New_York")
        found = (await task.client.get(f"/tasks/{id}")).json()
        assert (found["due_at"], found["version"]) == ("2099-07-01T13:00:00Z", 2)
        assert (await task.recorded())[-1]["data"]["changed"] == ["due_at"]

    async def test_leaves_fixed_times_where_they_are(self, task: ServiceUnderTest) -> None:
        id = await made(task, due_date="2099-07-01", due_time="09:00", time_zone="Asia/Tokyo")
        before = (await task.client.get(f"/tasks/{id}")).json()
        await move(task, "America/New_York")
        assert (await task.client.get(f"/tasks/{id}")).json() == before

    async def test_has_days_that_end_elsewhere(self, task: ServiceUnderTest) -> None:
        id = await made(task, due_date="2099-07-01")
        late = {"filter": "due < 2099-07-01T23:59:59+02:00"}
        ends = {"filter": "due <= 2099-07-01T23:59:59.999999-04:00 and due > 2099-07-01T23:59-04:00"}
        await move(task, "America/New_York")
        assert (await task.client.get("/tasks", params=late)).json()["items"] == []
        assert [item["id"] for item in (await task.client.get("/tasks", params=ends)).json()["items"]] == [id]

    async def test_who_only_has_another_name_changes_nothing(self, task: ServiceUnderTest) -> None:
        id = await made(task, due_date="2099-07-01", due_time="09:00")
        await move(task, "Europe/Berlin")
        assert (await task.client.get(f"/tasks/{id}")).json()["version"] == 1
