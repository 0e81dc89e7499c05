"""The feed of changes: nothing is missed, whoever commits when. On both databases."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from task_service.main import create
from task_service.models import Task
from task_service.settings import Settings
from task_service.subscriptions import subscriptions
from task_service.sync import use_cases
from task_service.sync.models import ChangeCounter, ChangeLogEntry

from conftest import OpenService, ServiceUnderTest
from contracts.user import UserDeleted
from servicekit.web.ids import new_id


@pytest.fixture
async def task(open_service: OpenService) -> ServiceUnderTest:
    return await open_service(create, Settings)


async def made(task: ServiceUnderTest, title: str = "milk") -> dict[str, Any]:
    found: dict[str, Any] = (await task.client.post("/tasks", json={"title": title})).json()
    return found


async def read(task: ServiceUnderTest, since: str | None = None, **more: Any) -> dict[str, Any]:
    parameters = more | ({"since": since} if since else {})
    response = await task.client.get("/changes", params=parameters)
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


def plain(title: str) -> Task:
    now = datetime.now(UTC)
    return Task(id=new_id(), user_id="ada", title=title, position="a", created_at=now, updated_at=now)


class TestFullSync:
    async def test_first_sync_returns_everything(self, task: ServiceUnderTest) -> None:
        kept, gone = await made(task, "milk"), await made(task, "bread")
        await task.client.delete(f"/tasks/{gone['id']}")
        found = await read(task)
        assert [item["task"] for item in found["items"]] == [kept]
        assert (found["full_sync"], found["has_more"]) == (True, False)

    async def test_first_sync_of_an_empty_account_is_empty(self, task: ServiceUnderTest) -> None:
        found = await read(task)
        assert (found["items"], found["has_more"]) == ([], False)
        assert (await read(task, found["next_token"]))["full_sync"] is False

    async def test_first_sync_is_paginated(self, task: ServiceUnderTest) -> None:
        ids = {(await made(task, f"{number}"))["id"] for number in range(5)}
        page = await read(task, limit=2)
        seen = [item["id"] for item in page["items"]]
        while page["has_more"]:
            page = await read(task, page["next_token"], limit=2)
            assert not page["full_sync"]
            seen += [item["id"] for item in page["items"]]
        assert len(seen) == 5
        assert set(seen) == ids


class TestDelta:
    async def test_delta_returns_each_changed_resource_once_as_it_is_now(
        self, task: ServiceUnderTest
    ) -> None:
        first, second = await made(task, "milk"), await made(task, "bread")
        token = (await read(task))["next_token"]
        await task.client.patch(f"/tasks/{first['id']}", json={"title": "tea"})
        await task.client.post(f"/tasks/{first['id']}/complete")
        found = await read(task, token)
        assert [(item["id"], item["task"]["title"]) for item in found["items"]] == [(first["id"], "tea")]
        assert found["items"][0]["task"]["done"]
        assert (await read(task, found["next_token"]))["items"] == []
        assert second["id"]

    async def test_delta_reports_deletions_and_restorations(self, task: ServiceUnderTest) -> None:
        id = (await made(task))["id"]
        token = (await read(task))["next_token"]
        await task.client.delete(f"/tasks/{id}")
        gone = await read(task, token)
        assert [(item["id"], item["deleted"], item["task"]) for item in gone["items"]] == [(id, True, None)]
        await task.client.post(f"/tasks/{id}/restore")
        assert [item["deleted"] for item in (await read(task, gone["next_token"]))["items"]] == [False]

    async def test_edit_without_a_difference_is_no_change(self, task: ServiceUnderTest) -> None:
        id = (await made(task))["id"]
        token = (await read(task))["next_token"]
        await task.client.patch(f"/tasks/{id}", json={})
        await task.client.patch(f"/tasks/{id}", json={"title": "milk"})
        assert (await read(task, token))["items"] == []

    async def test_delta_shows_nothing_of_other_users(self, task: ServiceUnderTest) -> None:
        await made(task)
        response = await task.client.get("/changes", headers={"authorization": "Bearer bob"})
        assert response.json()["items"] == []


class TestConcurrentTransactions:
    async def test_transaction_that_began_first_and_commits_last_is_not_missed(
        self, task: ServiceUnderTest
    ) -> None:
        if task.database.is_sqlite:
            pytest.skip("SQLite has one writer at a time")
        ids = {title: (await made(task, title))["id"] for title in ("slow", "quick")}
        token = (await read(task))["next_token"]
        slow = task.database.transaction()
        session = await slow.__aenter__()
        (await session.get_one(Task, ids["slow"])).priority = 1
        await session.flush()
        async with task.database.transaction() as quick:
            (await quick.get_one(Task, ids["quick"])).priority = 1
        before = await read(task, token)
        await slow.__aexit__(None, None, None)
        after = await read(task, before["next_token"])
        assert [item["task"]["title"] for item in before["items"]] == ["quick"]
        assert [item["task"]["title"] for item in after["items"]] == ["slow"]

    async def test_reader_converges_during_concurrent_writes(self, task: ServiceUnderTest) -> None:
        held: dict[str, dict[str, Any]] = {}

        async def write(numbers: range) -> None:
            for number in numbers:
                id = (await made(task, f"{number}"))["id"]
                await task.client.patch(f"/tasks/{id}", json={"priority": number % 5})
                if number % 3 == 0:
                    await task.client.delete(f"/tasks/{id}")

        async def follow(token: str | None) -> str:
            page = await read(task, token, limit=3)
            for item in page["items"]:
                held.pop(item["id"], None)
                if not item["deleted"]:
                    held[item["id"]] = item["task"]
            found: str = page["next_token"]
            return await follow(found) if page["has_more"] else found

        writers = asyncio.gather(*(write(range(first, first + 6)) for first in (0, 6, 12)))
        token = None
        while not writers.done():
            token = await follow(token)
        await writers
        await follow(token)
        stored = (await task.client.get("/tasks?limit=200")).json()["items"]
        assert held == {each["id"]: each for each in stored}
        assert len(held) == 12

    async def test_rolled_back_write_is_no_change(self, task: ServiceUnderTest) -> None:
        token = (await read(task))["next_token"]
        failing = task.database.transaction()
        session = await failing.__aenter__()
        session.add(plain("never"))
        await session.flush()
        error = ZeroDivisionError()
        assert not await failing.__aexit__(ZeroDivisionError, error, None)
        assert (await read(task, token))["items"] == []


class TestToken:
    async def test_expired_token_starts_a_full_sync(self, task: ServiceUnderTest) -> None:
        kept, gone = await made(task, "milk"), await made(task, "bread")
        token = (await read(task))["next_token"]
        await task.client.delete(f"/tasks/{gone['id']}")
        fresh = (await read(task, token))["next_token"]
        async with task.database.transaction() as session:
            change = await session.get(ChangeLogEntry, ("ada", "task", gone["id"]))
            assert change
            change.at -= use_cases.RETENTION + timedelta(days=1)
        async with task.database.transaction() as session:
            await use_cases.purge_deletions(session)
        again = await read(task, token)
        assert (again["full_sync"], [item["id"] for item in again["items"]]) == (True, [kept["id"]])
        assert not (await read(task, fresh))["full_sync"]

    async def test_token_from_before_a_restored_backup_starts_a_full_sync(
        self, task: ServiceUnderTest
    ) -> None:
        await made(task)
        token = (await read(task))["next_token"]
        async with task.database.transaction() as session:
            counter = await session.get(ChangeCounter, "ada")
            assert counter
            counter.last = 0
        assert (await read(task, token))["full_sync"]

    @pytest.mark.parametrize("token", ["x", "bm90aGluZw", "W10"])
    async def test_invalid_token_is_rejected(self, task: ServiceUnderTest, token: str) -> None:
        response = await task.client.get("/changes", params={"since": token})
        assert (response.status_code, response.json()["code"]) == (422, "token-invalid")
        assert response.json()["errors"][0]["pointer"] == "?since"

    async def test_token_of_another_user_is_rejected(self, task: ServiceUnderTest) -> None:
        token = (await read(task))["next_token"]
        response = await task.client.get(
            "/changes", params={"since": token}, headers={"authorization": "Bearer bob"}
        )
        assert response.status_code == 422


class TestErasure:
    async def test_erasure_deletes_the_change_log(self, task: ServiceUnderTest) -> None:
        await made(task)
        await task.receive(subscriptions.handlers, UserDeleted(user_id="ada"))
        async with task.database.reading() as session:
            assert await session.get(ChangeCounter, "ada") is None
        assert (await read(task))["items"] == []
