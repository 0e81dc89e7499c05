"""Who did it: what an API token does stands in the activity as done by that token. On both databases."""

from typing import Any

import pytest
from task_service.main import create
from task_service.settings import Settings

from conftest import OpenService, ServiceUnderTest
from servicekit.security.auth import Agent, Principal
from servicekit.web.ids import new_id
from services.task.tests.integration.test_import_export import finished

LAPTOP = {"authorization": "Bearer laptop"}
VIA = {"token": "id-of-laptop", "name": "laptop"}


class Verifier:
    """`Bearer ada` is signed in; any other token is an API token of hers, called so."""

    async def verify(self, token: str) -> Principal:
        via = None if token == "ada" else Agent(f"id-of-{token}", token)
        return Principal("ada", "user", "Europe/Berlin", token, 2**40, via=via)


@pytest.fixture
async def task(open_service: OpenService) -> ServiceUnderTest:
    found = await open_service(create, Settings)
    found.app.state.verifier = Verifier()
    return found


async def done_by(task: ServiceUnderTest, id: str) -> list[tuple[str, Any]]:
    """What happened, and by which token; the first first."""
    items = (await task.client.get(f"/tasks/{id}/activity")).json()["items"]
    assert {item["by"] for item in items} == {"ada"}
    return [(item["what"], item["via"]) for item in reversed(items)]


class TestActivity:
    async def test_names_the_token_of_each_change(self, task: ServiceUnderTest) -> None:
        made = await task.client.post("/tasks", json={"quick": "Pay tomorrow"}, headers=LAPTOP)
        id = made.json()["id"]
        path = f"/tasks/{id}"
        await task.client.patch(path, json={"title": "Pay all"}, headers=LAPTOP)
        await task.client.post(f"{path}/complete", headers=LAPTOP)
        await task.client.post(f"{path}/reopen")
        await task.client.delete(path, headers={"authorization": "Bearer phone"})
        await task.client.post(f"{path}/restore")
        phone = {"token": "id-of-phone", "name": "phone"}
        assert await done_by(task, id) == [
            *[("created", VIA), ("updated", VIA), ("completed", VIA), ("reopened", None)],
            *[("deleted", phone), ("restored", None)],
        ]

    async def test_names_the_assistant(self, task: ServiceUnderTest) -> None:
        """What `chat` calls with the user's own token; what it calls with an API token is that token's."""
        chat, others = {"dapr-caller-app-id": "chat"}, {"dapr-caller-app-id": "frontend"}
        id = (await task.client.post("/tasks", json={"title": "x"}, headers=others)).json()["id"]
        await task.client.patch(f"/tasks/{id}", json={"title": "y"}, headers=chat)
        await task.client.patch(f"/tasks/{id}", json={"title": "z"}, headers=chat | LAPTOP)
        assistant = {"token": None, "name": "assistant"}
        assert await done_by(task, id) == [("created", None), ("updated", assistant), ("updated", VIA)]

    async def test_names_it_for_what_follows_from_a_change(self, task: ServiceUnderTest) -> None:
        project = (await task.client.post("/projects", json={"name": "Flat"})).json()
        body = {"title": "x", "due_date": "2099-01-01", "project_id": project["id"], "labels": ["old"]}
        rule = {"recurrence": {"rule": "FREQ=DAILY"}}
        first = (await task.client.post("/tasks", json=body | rule)).json()["id"]
        await task.client.post(f"/tasks/{first}/complete", headers=LAPTOP)
        (after,) = [each for each in (await task.client.get("/tasks")).json()["items"] if not each["done"]]
        (label,) = (await task.client.get("/labels")).json()["items"]
        await task.client.patch(f"/labels/{label['id']}", json={"name": "new"}, headers=LAPTOP)
        await task.client.delete(f"/projects/{project['id']}", headers=LAPTOP)
        assert await done_by(task, after["id"]) == [("created", VIA), ("updated", VIA), ("deleted", VIA)]

    async def test_names_it_in_a_batch(self, task: ServiceUnderTest) -> None:
        command = {"uuid": new_id(), "type": "task.create", "body": {"title": "a"}}
        response = await task.client.post("/batch", json={"commands": [command]}, headers=LAPTOP)
        assert response.status_code == 200, response.text
        (found,) = (await task.client.get("/tasks")).json()["items"]
        assert await done_by(task, found["id"]) == [("created", VIA)]

    async def test_names_it_of_an_import(self, task: ServiceUnderTest) -> None:
        await finished(task, "title\nfrom a file\n", headers=LAPTOP)
        (found,) = (await task.client.get("/tasks")).json()["items"]
        assert await done_by(task, found["id"]) == [("created", VIA)]

    async def test_is_exported_with_it(self, task: ServiceUnderTest) -> None:
        await task.client.post("/tasks", json={"title": "x"}, headers=LAPTOP)
        (entry,) = (await task.client.get("/export/pages?of=activity")).json()["items"]
        assert entry["via"] == VIA
