"""The export of an account, through the edge: everything is in it, or the client sees that it broke off."""

import asyncio
import io
import json
import zipfile
from typing import Any

import aiohttp
import pytest

from contracts.scopes import SCOPES
from devstack.faults import find_app_pids, keep_down
from devstack.stack import Stack
from tests.system.api import Api
from tests.system.figures import counted
from tests.system.reminding import fired, soon
from tests.system.test_failures import is_problem
from tests.system.waiting import eventually

EXPORT = "/users/me/export"
LONG = "ä" * 50_000
"""Notes as long as they may be; some dozen are more than a sidecar takes in one message."""


async def exported(user: Api) -> dict[str, Any]:
    response = await user.insist("GET", EXPORT)
    assert response.status == 200, response.body
    with zipfile.ZipFile(io.BytesIO(response.body)) as archive:
        assert archive.testzip() is None
        return {name: json.loads(archive.read(name)) for name in archive.namelist() if name.endswith(".json")}


async def fill(user: Api, number: int) -> None:
    """Tasks with long notes, `number` of them."""
    for _ in range(number):
        response = await user.insist("POST", "/tasks", {"title": "long", "notes": LONG})
        assert response.status == 201


class TestAnExport:
    async def test_has_what_every_service_keeps(self, ada: Api) -> None:
        kept = (await ada.insist("POST", "/tasks", {"title": "kept", "labels": ["home"]})).body
        gone = (await ada.insist("POST", "/tasks", {"title": "gone"})).body
        await ada.insist("DELETE", f"/tasks/{gone['id']}")
        await ada.insist("POST", "/filters", {"name": "Urgent", "filter": "priority = 4"})
        reminder = {"task_id": kept["id"], "at": "2099-01-01T00:00:00Z"}
        await eventually(
            lambda: ada.ask("POST", "/reminders", reminder), lambda response: response.status == 201
        )
        await ada.insist("POST", "/webhooks", {"url": "http://127.0.0.1:9/hook"})
        await ada.insist("POST", "/chat/messages", {"text": "add by chat"})
        await ada.insist("POST", "/tokens", {"name": "tool", "scopes": ["tasks:read"]})
        await counted(ada, tasks_created=3, chat_messages=1)
        await ada.insist("POST", "/reminders", {"title": "stretch", "at": soon()})
        await fired(ada)
        found = await exported(ada)
        assert found["profile.json"]["id"] == ada.user["id"]
        tasks = found["tasks.json"]
        assert {task["title"] for task in tasks["tasks"]} == {"kept", "by chat"}
        assert [each["name"] for each in tasks["filters"]] == ["Urgent"]
        assert [each["name"] for each in tasks["labels"]] == ["home"]
        assert [task["title"] for task in found["trash.json"]] == ["gone"]
        assert {each["what"] for each in found["activity.json"]} == {"created", "deleted"}
        assert [each["title"] for each in found["notifications.json"]] == ["stretch"]
        assert {each["task_id"] for each in found["reminders.json"]} == {kept["id"], None}
        assert [each["url"] for each in found["webhooks.json"]] == ["http://127.0.0.1:9/hook"]
        assert found["preferences.json"]["time_zone"]
        assert found["conversations.json"][0]["messages"][0]["text"] == "add by chat"
        assert found["figures.json"]["tasks_created"] == 3
        assert [each["name"] for each in found["api-tokens.json"]] == ["tool"]
        assert "token" not in found["api-tokens.json"][0]

    async def test_can_be_imported_again(self, nobody: Api, ada: Api) -> None:
        project = (await ada.insist("POST", "/projects", {"name": "Flat"})).body
        task = {"title": "monthly", "due_date": "2099-01-31", "project_id": project["id"]}
        await ada.insist("POST", "/tasks", task | {"recurrence": {"rule": "FREQ=MONTHLY"}})
        bob = await nobody.sign_up()
        started = await bob.insist("POST", "/import", (await exported(ada))["tasks.json"])
        assert started.status == 202, started.body
        path = f"/import/{started.body['id']}"
        done = await eventually(
            lambda: bob.ask("GET", path),
            lambda response: response.body["status"] not in ("waiting", "running"),
        )
        assert (done.body["status"], done.body["added"]) == ("done", 1)
        (copy,) = await bob.items("/tasks")
        assert (copy["title"], copy["recurrence"]["rule"]) == ("monthly", "FREQ=MONTHLY")

    async def test_may_be_larger_than_a_sidecar_takes_at_once(self, ada: Api) -> None:
        await fill(ada, 60)
        tasks = (await exported(ada))["tasks.json"]["tasks"]
        assert [task["notes"] for task in tasks] == [LONG] * 60

    async def test_is_one_at_a_time(self, ada: Api) -> None:
        await fill(ada, 10)
        responses = await asyncio.gather(*(ada.ask("GET", EXPORT) for _ in range(4)))
        refused = [response for response in responses if response.status != 200]
        assert len(refused) >= 1
        assert all(is_problem(response, 409, "export-running") for response in refused)
        await eventually(lambda: ada.ask("GET", EXPORT), lambda response: response.status == 200)

    async def test_is_for_who_signed_in(self, nobody: Api, ada: Api) -> None:
        assert is_problem(await nobody.ask("GET", EXPORT), 401, "token-missing")
        token = (await ada.insist("POST", "/tokens", {"name": "t", "scopes": list(SCOPES)})).body["token"]
        tool = Api(ada.session, ada.edge, token)
        assert is_problem(await tool.ask("GET", EXPORT), 403, "insufficient-scope")

    async def test_that_can_not_be_completed_is_cut_off(self, healthy: Stack, ada: Api) -> None:
        """The chat service goes away behind the point of no return: no response looks whole."""
        await ada.insist("POST", "/chat/messages", {"text": "add by chat"})
        with keep_down(find_app_pids(healthy.folder, "chat")), pytest.raises(aiohttp.ClientPayloadError):
            await ada.ask("GET", EXPORT)
        assert (await ada.insist("GET", EXPORT)).status == 200
