"""Projects, labels, saved filters, subtasks, order, trash, activity, through the API. On both databases."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update
from task_service.main import create
from task_service.models import Task
from task_service.retention import purge as retention
from task_service.settings import Settings

from conftest import OpenService, ServiceUnderTest

BOB = {"authorization": "Bearer bob"}
NOBODY = "00000000-0000-7000-8000-000000000000"


@pytest.fixture
async def task(open_service: OpenService) -> ServiceUnderTest:
    return await open_service(create, Settings)


async def made(task: ServiceUnderTest, kind: str = "tasks", **fields: Any) -> dict[str, Any]:
    body = ({"title": "milk"} if kind == "tasks" else {}) | fields
    response = await task.client.post(f"/{kind}", json=body)
    assert response.status_code == 201, response.text
    found: dict[str, Any] = response.json()
    return found


async def read(task: ServiceUnderTest, id: str) -> dict[str, Any]:
    response = await task.client.get(f"/tasks/{id}")
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


async def titles(task: ServiceUnderTest, query: str = "") -> list[str]:
    return [item["title"] for item in (await task.client.get(f"/tasks?{query}")).json()["items"]]


async def activity(task: ServiceUnderTest, id: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await task.client.get(f"/tasks/{id}/activity")).json()["items"]
    return items


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("projects", {"name": "Home", "colour": "#2f7d5b"}),
        ("labels", {"name": "home", "colour": None}),
        ("filters", {"name": "Soon", "filter": "not done", "sort": "due"}),
    ],
)
class TestResource:
    async def test_is_made_read_changed_and_deleted(
        self, task: ServiceUnderTest, kind: str, body: dict[str, Any]
    ) -> None:
        response = await task.client.post(f"/{kind}", json=body)
        found = response.json()
        path = f"/{kind}/{found['id']}"
        assert (response.status_code, response.headers["location"]) == (201, f"/api/v1{path}")
        assert found == found | body
        assert (await task.client.get(path)).json() == found
        changed = await task.client.patch(path, json={"name": "Other"}, headers={"if-match": '"1"'})
        assert (changed.json()["name"], changed.headers["etag"]) == ("Other", '"2"')
        assert (await task.client.patch(path, json={})).json() == changed.json()
        stale = await task.client.patch(path, json={"name": "x"}, headers={"if-match": '"1"'})
        assert (stale.status_code, stale.json()["current"]) == (412, changed.json())
        assert (await task.client.delete(path)).status_code == 204
        assert (await task.client.get(path)).status_code == 404

    async def test_of_another_user_is_not_there(
        self, task: ServiceUnderTest, kind: str, body: dict[str, Any]
    ) -> None:
        path = f"/{kind}/{(await made(task, kind, **body))['id']}"
        for method in ("GET", "PATCH", "DELETE"):
            assert (await task.client.request(method, path, json={}, headers=BOB)).status_code == 404
        assert (await task.client.get(f"/{kind}", headers=BOB)).json() == {"items": [], "next_cursor": None}

    async def test_is_listed_in_its_order_by_the_page(
        self, task: ServiceUnderTest, kind: str, body: dict[str, Any]
    ) -> None:
        names = [f"n{number}" for number in range(5)]
        rows = [await made(task, kind, **(body | {"name": name})) for name in names]
        await task.client.patch(f"/{kind}/{rows[4]['id']}", json={"position": "00V"})
        seen: list[str] = []
        cursor = ""
        for _ in range(3):
            page = (await task.client.get(f"/{kind}?limit=2{cursor}")).json()
            seen += [item["name"] for item in page["items"]]
            cursor = f"&cursor={page['next_cursor']}"
        assert page["next_cursor"] is None
        assert seen == ["n4", "n0", "n1", "n2", "n3"]

    async def test_of_a_name_that_is_taken_is_refused(
        self, task: ServiceUnderTest, kind: str, body: dict[str, Any]
    ) -> None:
        await made(task, kind, **body)
        again = await task.client.post(f"/{kind}", json=body | {"name": body["name"].upper()})
        assert (again.status_code, again.json()["code"]) == (409, "name-taken")
        other = await made(task, kind, **(body | {"name": "Other"}))
        renamed = await task.client.patch(f"/{kind}/{other['id']}", json={"name": body["name"]})
        assert renamed.status_code == 409
        same = await task.client.patch(f"/{kind}/{other['id']}", json={"name": "OTHER"})
        assert same.json()["name"] == "OTHER"

    @pytest.mark.parametrize(
        ("wrong", "pointer"),
        [
            ({"name": " "}, "/name"),
            ({"name": None}, "/name"),
            ({"name": "x" * 101}, "/name"),
            ({"colour": "red"}, "/colour"),
            ({"position": "ä"}, "/position"),
            ({"position": "V0"}, "/position"),
            ({"nmae": "x"}, "/nmae"),
        ],
    )
    async def test_is_refused_where_it_is_wrong(
        self, task: ServiceUnderTest, kind: str, body: dict[str, Any], wrong: dict[str, Any], pointer: str
    ) -> None:
        response = await task.client.post(f"/{kind}", json=body | wrong)
        assert response.status_code == 422
        assert response.json()["errors"][0]["pointer"] == pointer


class TestProject:
    async def test_of_a_task_is_one_of_the_same_user(self, task: ServiceUnderTest) -> None:
        project = await made(task, "projects", name="Home")
        assert (await made(task, project_id=project["id"]))["project_id"] == project["id"]
        body = {"title": "x", "project_id": project["id"]}
        response = await task.client.post("/tasks", json=body, headers=BOB)
        assert (response.status_code, response.json()["code"]) == (422, "no-such-project")

    async def test_lies_in_another_but_never_in_itself(self, task: ServiceUnderTest) -> None:
        outer = await made(task, "projects", name="Home")
        inner = await made(task, "projects", name="Garden", parent_id=outer["id"])
        response = await task.client.patch(f"/projects/{outer['id']}", json={"parent_id": inner["id"]})
        assert (response.status_code, response.json()["code"]) == (422, "parent-cycle")
        response = await task.client.post("/projects", json={"name": "x", "parent_id": NOBODY})
        assert response.json()["errors"][0]["pointer"] == "/parent_id"

    async def test_lies_ten_levels_deep_at_most(self, task: ServiceUnderTest) -> None:
        parent: str | None = None
        for level in range(10):
            parent = (await made(task, "projects", name=str(level), parent_id=parent))["id"]
        response = await task.client.post("/projects", json={"name": "x", "parent_id": parent})
        assert response.json()["code"] == "too-deep"
        assert "can be nested up to" in response.json()["errors"][0]["detail"]

    async def test_may_be_called_like_one_elsewhere(self, task: ServiceUnderTest) -> None:
        outer = await made(task, "projects", name="Home")
        await made(task, "projects", name="Admin")
        await made(task, "projects", name="Admin", parent_id=outer["id"])

    async def test_goes_to_the_trash_and_back_with_all_that_is_in_it(self, task: ServiceUnderTest) -> None:
        outer = await made(task, "projects", name="Home")
        inner = await made(task, "projects", name="Garden", parent_id=outer["id"])
        await made(task, title="elsewhere")
        parent = await made(task, title="beds", project_id=inner["id"])
        await made(task, title="roses", parent_id=parent["id"])
        early = await made(task, title="early", project_id=inner["id"])
        await task.client.delete(f"/tasks/{early['id']}")
        await task.client.delete(f"/projects/{outer['id']}")
        assert await titles(task) == ["elsewhere"]
        assert sorted(await titles(task, "trash=true")) == ["beds", "early", "roses"]
        assert (await task.client.get("/projects")).json()["items"] == []
        assert len((await task.client.get("/projects?trash=true")).json()["items"]) == 2
        await task.client.post(f"/projects/{outer['id']}/restore")
        assert sorted(await titles(task)) == ["beds", "elsewhere", "roses"]
        assert len((await task.client.get("/projects")).json()["items"]) == 2

    async def test_that_is_gone_leaves_a_restored_task_in_none(self, task: ServiceUnderTest) -> None:
        project = await made(task, "projects", name="Home")
        found = await made(task, project_id=project["id"])
        await task.client.delete(f"/projects/{project['id']}")
        restored = (await task.client.post(f"/tasks/{found['id']}/restore")).json()
        assert restored["project_id"] is None


class TestLabel:
    async def test_is_made_by_the_first_task_that_has_it(self, task: ServiceUnderTest) -> None:
        await made(task, labels=["Déjà vu", "home"])
        assert (await made(task, labels=["DÉJÀ VU", "HOME", "Home"]))["labels"] == ["Déjà vu", "home"]
        names = [item["name"] for item in (await task.client.get("/labels")).json()["items"]]
        assert sorted(names) == ["Déjà vu", "home"]

    async def test_that_is_renamed_is_renamed_on_tasks(self, task: ServiceUnderTest) -> None:
        found = await made(task, labels=["a", "home", "z"])
        (label,) = [
            item for item in (await task.client.get("/labels")).json()["items"] if item["name"] == "home"
        ]
        await task.client.patch(f"/labels/{label['id']}", json={"name": "house"})
        after = await read(task, found["id"])
        assert (after["labels"], after["version"]) == (["a", "house", "z"], 2)
        changed = [event["data"]["changed"] for event in (await task.recorded())[-2:]]
        assert changed == [["labels"], ["name"]]

    async def test_that_is_deleted_is_taken_off_tasks(self, task: ServiceUnderTest) -> None:
        found = await made(task, labels=["a", "home"])
        labels = (await task.client.get("/labels")).json()["items"]
        for label in labels:
            await task.client.delete(f"/labels/{label['id']}")
        assert (await read(task, found["id"]))["labels"] == []


class TestSubtasks:
    async def test_show_their_progress(self, task: ServiceUnderTest) -> None:
        parent = await made(task)
        first, second = [await made(task, parent_id=parent["id"]) for _ in range(2)]
        await task.client.post(f"/tasks/{first['id']}/complete")
        found = await read(task, parent["id"])
        assert (found["subtasks_done"], found["subtasks_total"], found["version"]) == (1, 2, 4)
        await task.client.post(f"/tasks/{first['id']}/reopen")
        await task.client.delete(f"/tasks/{second['id']}")
        found = await read(task, parent["id"])
        assert (found["subtasks_done"], found["subtasks_total"]) == (0, 1)
        other = await made(task)
        await task.client.patch(f"/tasks/{first['id']}", json={"parent_id": other["id"]})
        assert (await read(task, parent["id"]))["subtasks_total"] == 0
        assert (await read(task, other["id"]))["subtasks_total"] == 1

    async def test_never_lie_below_themselves(self, task: ServiceUnderTest) -> None:
        top = await made(task)
        middle = await made(task, parent_id=top["id"])
        low = await made(task, parent_id=middle["id"])
        for id in (top["id"], middle["id"], low["id"]):
            response = await task.client.patch(f"/tasks/{top['id']}", json={"parent_id": id})
            assert (response.status_code, response.json()["code"]) == (422, "parent-cycle")

    async def test_lie_ten_levels_deep_at_most(self, task: ServiceUnderTest) -> None:
        chain = [await made(task)]
        for _ in range(9):
            chain.append(await made(task, parent_id=chain[-1]["id"]))
        response = await task.client.post("/tasks", json={"title": "x", "parent_id": chain[-1]["id"]})
        assert response.json()["code"] == "too-deep"
        assert "can be nested up to" in response.json()["errors"][0]["detail"]
        top = await made(task)
        response = await task.client.patch(f"/tasks/{chain[0]['id']}", json={"parent_id": top["id"]})
        assert response.json()["code"] == "too-deep"
        assert "can be nested up to" in response.json()["errors"][0]["detail"]

    async def test_go_to_the_trash_and_back_with_their_parent(self, task: ServiceUnderTest) -> None:
        parent = await made(task, title="parent")
        child = await made(task, title="child", parent_id=parent["id"])
        await made(task, title="grandchild", parent_id=child["id"])
        await task.client.delete(f"/tasks/{parent['id']}")
        assert await titles(task) == []
        alone = (await task.client.post(f"/tasks/{child['id']}/restore")).json()
        assert alone["parent_id"] is None
        assert sorted(await titles(task)) == ["child", "grandchild"]


class TestOrder:
    async def order(self, task: ServiceUnderTest) -> list[str]:
        items = (await task.client.get("/tasks")).json()["items"]
        return [item["title"] for item in sorted(items, key=lambda item: item["position"])]

    async def test_is_that_of_making_until_something_is_moved(self, task: ServiceUnderTest) -> None:
        ids = {title: (await made(task, title=title))["id"] for title in "abcd"}
        for moved, where, other, expected in [
            ("d", "before", "a", "dabc"),
            ("c", "after", "d", "dcab"),
            ("d", "after", "b", "cabd"),
            ("a", "before", "d", "cbad"),
            ("a", "after", "a", "cbad"),
        ]:
            path = f"/tasks/{ids[moved]}/move"
            assert (await task.client.post(path, json={where: ids[other]})).status_code == 200
            assert "".join(await self.order(task)) == expected
        await made(task, title="e")
        assert "".join(await self.order(task)) == "cbade"

    async def test_gives_a_position_that_is_taken_to_nobody_else(self, task: ServiceUnderTest) -> None:
        found = [(await made(task, position="V"))["position"] for _ in range(3)]
        assert len(set(found)) == 3

    @pytest.mark.parametrize(
        ("body", "pointer"),
        [({}, ""), ({"before": NOBODY}, "/before"), ({"after": NOBODY}, "/after"), ({"top": True}, "/top")],
    )
    async def test_needs_a_neighbour(
        self, task: ServiceUnderTest, body: dict[str, Any], pointer: str
    ) -> None:
        response = await task.client.post(f"/tasks/{(await made(task))['id']}/move", json=body)
        assert response.status_code == 422
        assert response.json()["errors"][0]["pointer"] == pointer


class TestTrash:
    async def test_lists_what_was_deleted_and_nothing_else(self, task: ServiceUnderTest) -> None:
        await made(task, title="kept")
        gone = await made(task, title="gone")
        await task.client.delete(f"/tasks/{gone['id']}")
        assert (await titles(task), await titles(task, "trash=true")) == (["kept"], ["gone"])

    async def test_is_emptied_after_thirty_days(self, task: ServiceUnderTest) -> None:
        old, young = [await made(task, title=title, labels=["home"]) for title in ("old", "young")]
        for found in (old, young):
            await task.client.delete(f"/tasks/{found['id']}")
        async with task.database.transaction() as session:
            long_ago = datetime.now(UTC) - timedelta(days=31)
            await session.execute(update(Task).where(Task.id == old["id"]).values(deleted_at=long_ago))
        await retention.purge_trash(task.database, datetime.now(UTC) - retention.TRASH_KEPT)
        assert await titles(task, "trash=true") == ["young"]
        assert (await task.client.post(f"/tasks/{old['id']}/restore")).status_code == 404
        assert (await task.client.get(f"/tasks/{old['id']}/activity")).status_code == 404


class TestActivity:
    async def test_says_who_did_what_when(self, task: ServiceUnderTest) -> None:
        found = await made(task, labels=["home"])
        path = f"/tasks/{found['id']}"
        await task.client.patch(path, json={"title": "bread", "priority": 3, "labels": ["work"]})
        await task.client.patch(path, json={"title": "bread"})
        await task.client.post(f"{path}/complete")
        await task.client.delete(path)
        deleted, completed, updated, created = await activity(task, found["id"])
        assert [entry["what"] for entry in (deleted, completed, updated, created)] == [
            *("deleted", "completed", "updated", "created")
        ]
        assert updated["before"] == {"title": "milk", "priority": 0, "labels": ["home"]}
        assert updated["after"] == {"title": "bread", "priority": 3, "labels": ["work"]}
        assert completed["before"] == {"done": False, "completed_at": None}
        assert (created["before"], created["after"]["title"], created["by"]) == ({}, "milk", "ada")
        assert created["at"] == found["created_at"]

    async def test_leaves_out_what_the_service_counts_itself(self, task: ServiceUnderTest) -> None:
        parent = await made(task)
        await made(task, parent_id=parent["id"])
        assert [entry["what"] for entry in await activity(task, parent["id"])] == ["created"]

    async def test_comes_by_the_page_and_to_its_owner_only(self, task: ServiceUnderTest) -> None:
        path = f"/tasks/{(await made(task))['id']}"
        for title in "abc":
            await task.client.patch(path, json={"title": title})
        page = (await task.client.get(f"{path}/activity?limit=3")).json()
        assert [entry["after"]["title"] for entry in page["items"]] == ["c", "b", "a"]
        last = (await task.client.get(f"{path}/activity?limit=3&cursor={page['next_cursor']}")).json()
        assert [entry["what"] for entry in last["items"]] == ["created"]
        assert (await task.client.get(f"{path}/activity", headers=BOB)).status_code == 404
