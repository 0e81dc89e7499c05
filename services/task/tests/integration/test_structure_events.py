"""What is told of projects, labels and saved filters, whichever way they change. On both databases."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator
from task_service.main import create
from task_service.settings import Settings

from conftest import OpenService, ServiceUnderTest
from contracts.json_schema import topic_schema
from contracts.names import Topic

KINDS = ["project", "label", "filter"]


@pytest.fixture
async def task(open_service: OpenService) -> ServiceUnderTest:
    return await open_service(create, Settings)


async def made(task: ServiceUnderTest, kind: str, **fields: Any) -> dict[str, Any]:
    body = {"filter": "not done"} if kind == "filter" else {}
    response = await task.client.post(f"/{kind}s", json=body | fields)
    assert response.status_code == 201, response.text
    found: dict[str, Any] = response.json()
    return found


async def recorded_events(task: ServiceUnderTest, kind: str) -> list[dict[str, Any]]:
    """The events about one kind of thing, each held against the published schema."""
    validator = Draft202012Validator(topic_schema(Topic.TODO_EVENTS))
    events = await task.recorded()
    for event in events:
        validator.validate(event)
    return [event for event in events if event["type"].startswith(f"todo.{kind}.")]


def words(events: list[dict[str, Any]]) -> list[str]:
    return [event["type"].split(".")[2] for event in events]


@pytest.mark.parametrize("kind", KINDS)
class TestEachChange:
    async def test_is_one_event_with_the_whole_thing_as_it_then_is(
        self, task: ServiceUnderTest, kind: str
    ) -> None:
        thing = await made(task, kind, name="Home")
        await task.client.patch(f"/{kind}s/{thing['id']}", json={"name": "House", "colour": "#2f7d5b"})
        await task.client.delete(f"/{kind}s/{thing['id']}")
        events = await recorded_events(task, kind)
        assert words(events) == ["created", "updated", "deleted"]
        assert {event["subject"] for event in events} == {thing["id"]}
        assert events[0]["data"][kind] == thing
        assert events[1]["data"]["changed"] == ["colour", "name"]
        assert [event["data"][kind]["name"] for event in events] == ["Home", "House", "House"]

    async def test_that_changes_nothing_is_no_event(self, task: ServiceUnderTest, kind: str) -> None:
        thing = await made(task, kind, name="Home")
        await task.client.patch(f"/{kind}s/{thing['id']}", json={"name": "Home"})
        assert words(await recorded_events(task, kind)) == ["created"]

    async def test_that_is_refused_is_no_event(self, task: ServiceUnderTest, kind: str) -> None:
        await made(task, kind, name="Home")
        fields = {"name": "Home"} | ({"filter": "done"} if kind == "filter" else {})
        assert (await task.client.post(f"/{kind}s", json=fields)).status_code == 409
        assert words(await recorded_events(task, kind)) == ["created"]

    async def test_by_batch_is_told_as_well(self, task: ServiceUnderTest, kind: str) -> None:
        body = {"name": "Home"} | ({"filter": "done"} if kind == "filter" else {})
        commands = [
            {"uuid": "1" * 8, "type": f"{kind}.create", "temp_id": "made", "body": body},
            {"uuid": "2" * 8, "type": f"{kind}.update", "id": "made", "body": {"name": "House"}},
            {"uuid": "3" * 8, "type": f"{kind}.delete", "id": "made"},
        ]
        response = await task.client.post("/batch", json={"commands": commands})
        assert response.status_code == 200, response.text
        assert words(await recorded_events(task, kind)) == ["created", "updated", "deleted"]


class TestProjects:
    async def test_leave_and_come_back_with_those_inside(self, task: ServiceUnderTest) -> None:
        outer = await made(task, "project", name="Outer")
        await made(task, "project", name="Inner", parent_id=outer["id"])
        await task.client.delete(f"/projects/{outer['id']}")
        await task.client.post(f"/projects/{outer['id']}/restore")
        assert (
            words(await recorded_events(task, "project"))
            == ["created"] * 2 + ["deleted"] * 2 + ["restored"] * 2
        )


class TestMadeOnTheWay:
    async def test_a_label_a_task_names_first(self, task: ServiceUnderTest) -> None:
        await task.client.post("/tasks", json={"title": "milk", "labels": ["shop"]})
        assert [event["data"]["label"]["name"] for event in await recorded_events(task, "label")] == ["shop"]

    async def test_label_and_project_of_quick_add(self, task: ServiceUnderTest) -> None:
        await task.client.post("/tasks", json={"quick": "milk #shop +Errands"})
        assert words(await recorded_events(task, "label")) == ["created"]
        assert words(await recorded_events(task, "project")) == ["created"]
