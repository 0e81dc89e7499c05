"""Tasks, projects, labels, filters and imports are those of their owner. On both databases."""

import asyncio
from typing import Any, get_args

import pytest
from task_service.batch.schemas import CommandType
from task_service.main import create
from task_service.settings import Settings

from conftest import OpenService, ServiceUnderTest
from servicekit.web.ids import new_id
from tests.other_owners import (
    BOB,
    Owned,
    answers_to_strangers,
    answers_to_the_owner,
    own_rows,
    references_to_strangers,
    rows_of_strangers,
)

MORE_LISTS = (
    *(
        "/tasks?trash=true",
        "/projects?trash=true",
        "/tasks?q=milk",
        "/tasks?sort=title",
        "/tasks?q=milk&sort=title",
    ),
    *(
        "/tasks?filter=label%20=%20shop",
        "/tasks?filter=project%20is%20set",
        "/tasks?filter=not%20label%20=%20x",
    ),
    *("/export/pages?of=tasks", "/export/pages?of=trash", "/export/pages?of=activity", "/export?format=csv"),
)


@pytest.fixture
async def task(open_service: OpenService) -> ServiceUnderTest:
    return await open_service(create, Settings)


async def fill(task: ServiceUnderTest, headers: dict[str, str]) -> Owned:
    """Everything there can be of one user, in each state."""

    async def add(path: str, body: Any) -> str:
        response = await task.client.post(path, json=body, headers=headers)
        assert response.is_success, response.text
        return str(response.json()["id"])

    project = await add("/projects", {"name": f"home {headers}"})
    inner = await add("/projects", {"name": "garden", "parent_id": project})
    gone = await add("/projects", {"name": "old"})
    milk = await add("/tasks", {"title": "milk", "labels": ["shop"], "project_id": project})
    below = await add("/tasks", {"title": "fresh milk", "parent_id": milk})
    trashed = await add("/tasks", {"title": "sour milk"})
    daily = await add(
        "/tasks", {"title": "run", "due_date": "2030-01-01", "recurrence": {"rule": "FREQ=DAILY"}}
    )
    for path in (f"/tasks/{trashed}", f"/projects/{gone}"):
        assert (await task.client.delete(path, headers=headers)).status_code == 204
    label = (await task.client.get("/labels", headers=headers)).json()["items"][0]["id"]
    saved = await add("/filters", {"name": "mine", "filter": "not done"})
    file = await task.client.post("/import", content=b"title\r\nimported\r\n", headers=headers)
    assert file.status_code == 202, file.text
    while (await task.client.get(f"/import/{file.json()['id']}", headers=headers)).json()["status"] != "done":
        await asyncio.sleep(0.05)
    return Owned(
        {
            "tasks": [milk, below, trashed, daily],
            "projects": [project, inner, gone],
            "labels": [label],
            "filters": [saved],
            "import": [file.json()["id"]],
        }
    )


class TestAnotherUser:
    async def test_finds_nothing_by_its_id(self, task: ServiceUnderTest) -> None:
        ada, bob = await fill(task, {}), await fill(task, BOB)
        before = (await task.client.get("/export")).json()["tasks"]
        assert await answers_to_strangers(task, ada, bob) == []
        assert (await task.client.get("/export")).json()["tasks"] == before
        assert await answers_to_the_owner(task, ada) == []

    async def test_can_name_nothing_in_a_body(self, task: ServiceUnderTest) -> None:
        ada, bob = await fill(task, {}), await fill(task, BOB)
        assert await references_to_strangers(task, ada, bob) == []

    async def test_is_shown_nothing_in_any_list(self, task: ServiceUnderTest) -> None:
        ada = await fill(task, {})
        assert await rows_of_strangers(task, ada, *MORE_LISTS) == []
        shown = {id for kind, ids in ada.ids.items() for id in ids if kind != "import"}
        assert await own_rows(task, ada, *MORE_LISTS) == shown

    async def test_can_change_nothing_by_a_command(self, task: ServiceUnderTest) -> None:
        ada, bob = await fill(task, {}), await fill(task, BOB)
        commands = [
            {
                "uuid": new_id(),
                "type": type,
                "id": id,
                "body": {"before": bob.ids["tasks"][0]} if ".move" in type else {},
            }
            for type in get_args(CommandType)
            for ids in ada.ids.values()
            for id in ids
            if not type.endswith(".create")
        ]
        for start in range(0, len(commands), 100):
            batch = {"commands": commands[start : start + 100]}
            response = await task.client.post("/batch", json=batch, headers=BOB)
            assert {each["status"] for each in response.json()["results"]} == {404}

    async def test_can_use_no_saved_filter(self, task: ServiceUnderTest) -> None:
        ada = await fill(task, {})
        for saved in (ada.ids["filters"][0], "mine"):
            response = await task.client.get(f"/tasks?saved={saved}", headers=BOB)
            assert (response.status_code, response.json()["code"]) == (422, "no-such-filter")
