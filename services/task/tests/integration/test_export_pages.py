"""A whole account page by page, for the edge to put together; on both databases."""

from typing import Any

import pytest
from task_service.import_export import export
from task_service.main import create
from task_service.settings import Settings

from conftest import OpenService, ServiceUnderTest


@pytest.fixture
async def task(open_service: OpenService, monkeypatch: pytest.MonkeyPatch) -> ServiceUnderTest:
    monkeypatch.setattr(export, "SMALL_PAGE", 2)
    return await open_service(create, Settings)


async def pages(task: ServiceUnderTest, of: str) -> list[list[dict[str, Any]]]:
    found, after = [], ""
    while True:
        response = await task.client.get(f"/export/pages?of={of}{after}")
        assert response.status_code == 200, response.text
        found.append(response.json()["items"])
        if not response.json()["next"]:
            return found
        after = f"&after={response.json()['next']}"


async def add(task: ServiceUnderTest, title: str, user: str = "ada") -> str:
    headers = {"authorization": f"Bearer {user}"}
    return str((await task.client.post("/tasks", json={"title": title}, headers=headers)).json()["id"])


class TestPages:
    async def test_pages_have_each_task_of_one_account_once(self, task: ServiceUnderTest) -> None:
        for number in range(5):
            await add(task, str(number))
            await add(task, "of bob", "bob")
        found = await pages(task, "tasks")
        assert [[item["title"] for item in page] for page in found] == [["0", "1"], ["2", "3"], ["4"]]
        whole = (await task.client.get("/export")).json()["tasks"]
        assert [item for page in found for item in page] == whole

    async def test_pages_separate_trash_from_other_tasks(self, task: ServiceUnderTest) -> None:
        kept, deleted = await add(task, "kept"), await add(task, "deleted")
        await task.client.delete(f"/tasks/{deleted}")
        assert [[item["id"] for item in page] for page in await pages(task, "tasks")] == [[kept]]
        assert [[item["id"] for item in page] for page in await pages(task, "trash")] == [[deleted]]

    async def test_pages_have_the_activity_of_every_task(self, task: ServiceUnderTest) -> None:
        first, second = await add(task, "first"), await add(task, "second")
        await task.client.post(f"/tasks/{first}/complete")
        await add(task, "of bob", "bob")
        found = [item for page in await pages(task, "activity") for item in page]
        activity = [(item["task_id"], item["what"]) for item in found]
        assert activity == [(first, "created"), (second, "created"), (first, "completed")]

    @pytest.mark.parametrize("query", ["", "?of=everything", "?of=tasks&limit=9"])
    async def test_unknown_parts_are_rejected(self, task: ServiceUnderTest, query: str) -> None:
        assert (await task.client.get(f"/export/pages{query}")).status_code == 422
