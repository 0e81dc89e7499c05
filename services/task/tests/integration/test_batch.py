"""Batches: each command by itself, or all or none. On both databases."""

from typing import Any

import pytest
from task_service.main import create
from task_service.settings import Settings

from conftest import OpenService, ServiceUnderTest
from servicekit.web.ids import new_id


@pytest.fixture
async def task(open_service: OpenService) -> ServiceUnderTest:
    return await open_service(create, Settings)


def command(type: str, **more: Any) -> dict[str, Any]:
    return {"uuid": new_id(), "type": type} | more


def add(title: str, **more: Any) -> dict[str, Any]:
    return command("task.create", body={"title": title} | more.pop("body", {}), **more)


async def run(task: ServiceUnderTest, *commands: dict[str, Any], atomic: bool = False) -> dict[str, Any]:
    response = await task.client.post("/batch", json={"commands": commands, "atomic": atomic})
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


async def titles(task: ServiceUnderTest) -> list[str]:
    items = (await task.client.get("/tasks?limit=200")).json()["items"]
    return sorted(item["title"] for item in items)


def statuses(response: dict[str, Any]) -> list[int]:
    return [each["status"] for each in response["results"]]


class TestCommands:
    async def test_are_done_in_their_order(self, task: ServiceUnderTest) -> None:
        id = (await run(task, add("milk")))["results"][0]["id"]
        response = await run(
            task,
            command("task.update", id=id, body={"priority": 3}),
            command("task.complete", id=id),
            command("task.reopen", id=id),
            command("task.delete", id=id),
            command("task.restore", id=id),
        )
        assert statuses(response) == [200, 200, 200, 204, 200]
        assert [each["result"] and each["result"]["version"] for each in response["results"]] == [
            2,
            3,
            4,
            None,
            6,
        ]
        types = [event["type"].split(".")[2] for event in await task.recorded()]
        assert types == ["created", "updated", "completed", "reopened", "deleted", "restored"]

    async def test_may_name_what_was_just_made(self, task: ServiceUnderTest) -> None:
        response = await run(
            task,
            command("project.create", temp_id="p", body={"name": "Flat"}),
            add("paint", temp_id="t", body={"project_id": "p"}),
            add("buy paint", body={"parent_id": "t"}),
            command("task.complete", id="t"),
        )
        assert statuses(response) == [201, 201, 201, 200]
        project, paint, buy, done = (each["result"] for each in response["results"])
        assert (paint["project_id"], buy["parent_id"]) == (project["id"], paint["id"])
        assert done["done"]
        assert response["temp_ids"] == {"p": project["id"], "t": paint["id"]}

    async def test_take_words(self, task: ServiceUnderTest) -> None:
        response = await run(task, command("task.create", body={"quick": "milk #home !2"}))
        assert response["results"][0]["result"]["labels"] == ["home"]

    async def test_change_labels_and_projects(self, task: ServiceUnderTest) -> None:
        made = await run(
            task,
            command("label.create", temp_id="l", body={"name": "home"}),
            command("project.create", temp_id="p", body={"name": "Flat"}),
            command("label.update", id="l", body={"name": "house"}),
            command("project.update", id="p", body={"archived": True}),
            command("label.delete", id="l"),
            command("project.delete", id="p"),
        )
        assert statuses(made) == [201, 201, 200, 200, 204, 204]

    async def test_change_saved_filters(self, task: ServiceUnderTest) -> None:
        made = await run(
            task,
            command("filter.create", temp_id="f", body={"name": "Urgent", "filter": "priority = 4"}),
            command("filter.update", id="f", version=1, body={"sort": "due"}),
            command("filter.update", id="f", body={"filter": "priority >"}),
        )
        assert statuses(made) == [201, 200, 422]
        shown = made["results"][1]["result"]
        assert (shown["filter"], shown["sort"], shown["version"]) == ("priority = 4", "due", 2)
        assert made["results"][2]["problem"]["errors"][0]["pointer"] == "/filter"
        assert statuses(await run(task, command("filter.delete", id=shown["id"]))) == [204]
        assert (await task.client.get("/filters")).json()["items"] == []

    async def test_move_tasks_and_restore_projects(self, task: ServiceUnderTest) -> None:
        made = await run(
            task,
            add("second", temp_id="b"),
            add("first", temp_id="a"),
            command("task.move", id="a", body={"before": "b"}),
            command("task.move", id="b", body={}),
            command("project.create", temp_id="p", body={"name": "Flat"}),
            add("paint", body={"project_id": "p"}),
            command("project.delete", id="p"),
            command("project.restore", id="p"),
        )
        assert statuses(made) == [201, 201, 200, 422, 201, 201, 204, 200]
        items = (await task.client.get("/tasks", params={"sort": "position"})).json()["items"]
        assert [item["title"] for item in items] == ["first", "second", "paint"]

    async def test_are_tried_only_on_the_version_named(self, task: ServiceUnderTest) -> None:
        id = (await run(task, add("milk")))["results"][0]["id"]
        response = await run(
            task,
            command("task.update", id=id, version=7, body={"title": "tea"}),
            command("task.update", id=id, version=1, body={"title": "tea"}),
        )
        assert statuses(response) == [412, 200]
        assert response["results"][0]["problem"]["code"] == "precondition-failed"


class TestEachByItself:
    async def test_a_failure_leaves_the_others(self, task: ServiceUnderTest) -> None:
        response = await run(
            task,
            add("milk"),
            add(" "),
            command("task.complete", id=new_id()),
            command("task.complete", id="t"),
            add("tea", body={"parent_id": "nobody", "labels": ["left", "behind"]}),
            add("bread"),
        )
        assert statuses(response) == [201, 422, 404, 404, 422, 201]
        assert response["results"][1]["problem"]["errors"][0]["pointer"] == "/title"
        assert await titles(task) == ["bread", "milk"]
        assert len(await task.recorded()) == 2

    async def test_a_failure_is_no_change_in_the_feed(self, task: ServiceUnderTest) -> None:
        token = (await task.client.get("/changes")).json()["next_token"]
        await run(task, add("milk"), add("tea", body={"labels": ["new"], "parent_id": "nobody"}))
        items = (await task.client.get("/changes", params={"since": token})).json()["items"]
        assert [item["kind"] for item in items] == ["task"]


class TestAtomic:
    async def test_does_all(self, task: ServiceUnderTest) -> None:
        assert statuses(await run(task, add("milk"), add("tea"), atomic=True)) == [201, 201]

    async def test_does_none_after_a_failure(self, task: ServiceUnderTest) -> None:
        commands = [add("milk"), add("tea", body={"priority": 9}), add("bread")]
        response = await task.client.post("/batch", json={"commands": commands, "atomic": True})
        problem = response.json()
        assert (response.status_code, problem["code"]) == (422, "batch-refused")
        assert problem["errors"][0]["pointer"] == "/commands/1/body/priority"
        assert [each["status"] for each in problem["results"]] == [201, 422]
        assert await titles(task) == []
        assert await task.recorded() == []
        assert (await task.client.get("/changes")).json()["items"] == []

    async def test_can_be_mended_and_sent_again(self, task: ServiceUnderTest) -> None:
        good, bad = add("milk"), add("tea", body={"priority": 9})
        await task.client.post("/batch", json={"commands": [good, bad], "atomic": True})
        bad["body"]["priority"] = 4
        assert statuses(await run(task, good, bad, atomic=True)) == [201, 201]


class TestRepetition:
    async def test_of_a_uuid_does_nothing_and_says_the_same(self, task: ServiceUnderTest) -> None:
        milk = add("milk", temp_id="m")
        first = await run(task, milk)
        again = await run(task, milk, command("task.complete", id="m"))
        assert again["results"][0] == first["results"][0] | {"replayed": True}
        assert statuses(again) == [201, 200]
        assert await titles(task) == ["milk"]

    async def test_of_a_uuid_for_something_else_is_refused(self, task: ServiceUnderTest) -> None:
        milk = add("milk")
        await run(task, milk)
        response = await run(task, milk | {"body": {"title": "tea"}})
        assert response["results"][0]["problem"]["code"] == "idempotency-key-reused"

    async def test_of_a_failure_is_tried_again(self, task: ServiceUnderTest) -> None:
        id = (await run(task, add("milk")))["results"][0]["id"]
        complete = command("task.complete", id=id, version=2)
        assert statuses(await run(task, complete)) == [412]
        await task.client.patch(f"/tasks/{id}", json={"title": "tea"})
        assert statuses(await run(task, complete)) == [200]


class TestRefusal:
    @pytest.mark.parametrize(
        ("wrong", "pointer"),
        [
            ({"commands": []}, "/commands"),
            ({"commands": [add("x") for _ in range(101)]}, "/commands"),
            ({"commands": [{"type": "task.create"}]}, "/commands/0/uuid"),
            ({"commands": [command("task.eat", id="x")]}, "/commands/0/type"),
            ({"commands": [command("task.complete")]}, "/commands/0"),
            ({"commands": [add("x", id=new_id())]}, "/commands/0"),
            ({"commands": [add("x", temp_id="t"), add("y", temp_id="t")]}, ""),
            ({"commands": [add("x")] * 2}, ""),
            ({"commands": [add("x")], "atomic": "yes"}, "/atomic"),
            ({"commands": [add("x")], "all": True}, "/all"),
        ],
    )
    async def test_points_at_what_is_wrong(
        self, task: ServiceUnderTest, wrong: dict[str, Any], pointer: str
    ) -> None:
        response = await task.client.post("/batch", json=wrong)
        assert response.status_code == 422
        assert response.json()["errors"][0]["pointer"] == pointer
        assert await titles(task) == []
