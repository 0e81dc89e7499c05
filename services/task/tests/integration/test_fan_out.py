"""Changes of many tasks: a few within the request, the others after it, whatever comes between. On both."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import event, select
from sqlmodel import col
from task_service.fanout import use_cases, worker
from task_service.fanout.models import FanOut, FanOutTask, Kind
from task_service.main import create
from task_service.models import Task, TaskLabel
from task_service.settings import Settings
from task_service.subscriptions import subscriptions

from conftest import OpenService, ServiceUnderTest
from contracts.user import UserDeleted, UserUpdated
from services.task.tests.idle_workers import never_poll

AT_ONCE, CHUNK, MANY = 3, 2, 12
BOB = {"authorization": "Bearer bob"}


@pytest.fixture
async def task(open_service: OpenService, monkeypatch: pytest.MonkeyPatch) -> ServiceUnderTest:
    monkeypatch.setattr(worker, "poll", never_poll)
    monkeypatch.setattr(worker, "CHUNK", CHUNK)
    monkeypatch.setattr(use_cases, "AT_ONCE", AT_ONCE)
    return await open_service(create, Settings)


async def go_on(task: ServiceUnderTest, chunks: int = 10**6) -> None:
    """Let the worker change so many chunks, each of the next job."""
    for _ in range(chunks):
        if (job := await worker._lease(task.database)) is None:
            return
        await worker.change_some(task.database, job.id)
        await worker._give_back(task.database, job, 0)


async def add(task: ServiceUnderTest, count: int = MANY, **fields: Any) -> list[str]:
    bodies = [{"title": f"task {number:02}", **fields} for number in range(count)]
    return [await made(task, "/tasks", body) for body in bodies]


async def made(task: ServiceUnderTest, path: str, body: dict[str, Any], **more: Any) -> str:
    response = await task.client.post(path, json=body, **more)
    assert response.status_code == 201, response.text
    id: str = response.json()["id"]
    return id


async def listed(task: ServiceUnderTest, **parameters: str) -> list[dict[str, Any]]:
    response = await task.client.get("/tasks", params={"limit": "200", "sort": "created", **parameters})
    items: list[dict[str, Any]] = response.json()["items"]
    return items


async def label_id(task: ServiceUnderTest, name: str) -> str:
    labels = (await task.client.get("/labels")).json()["items"]
    return next(str(label["id"]) for label in labels if label["name"] == name)


async def jobs(task: ServiceUnderTest) -> Sequence[FanOut]:
    async with task.database.reading() as session:
        return (await session.scalars(select(FanOut))).all()


class TestRenamingALabel:
    async def test_changes_a_few_tasks_at_once_and_all_in_the_end(self, task: ServiceUnderTest) -> None:
        await add(task, labels=["old", "other"])
        response = await task.client.patch(f"/labels/{await label_id(task, 'old')}", json={"name": "new"})
        assert response.status_code == 200
        names = [tuple(each["labels"]) for each in await listed(task)]
        assert sorted(names) == [("new", "other")] * AT_ONCE + [("old", "other")] * (MANY - AT_ONCE)
        await go_on(task)
        assert [each["labels"] for each in await listed(task, filter='label = "new"')] == [
            ["new", "other"]
        ] * MANY
        assert await listed(task, filter='label = "old"') == []
        assert len(await listed(task, q="new")) == MANY
        assert await jobs(task) == []

    async def test_tells_each_change_once(self, task: ServiceUnderTest) -> None:
        ids = await add(task, labels=["old"])
        since = (await task.client.get("/changes")).json()["next_token"]
        await task.client.patch(f"/labels/{await label_id(task, 'old')}", json={"name": "new"})
        await go_on(task)
        updates = [
            (each["data"]["task"]["id"], each["data"]["task"]["version"], each["data"]["task"]["labels"])
            for each in await task.recorded("task")
            if each["type"] == "todo.task.updated.v1"
        ]
        assert sorted(updates) == sorted((id, 2, ["new"]) for id in ids)
        changes = (await task.client.get("/changes", params={"since": since, "limit": 200})).json()
        assert {each["id"] for each in changes["items"] if each["kind"] == "task"} == set(ids)
        for id in ids:
            lines = (await task.client.get(f"/tasks/{id}/activity")).json()["items"]
            assert [line["what"] for line in lines] == ["updated", "created"]

    async def test_lets_the_old_name_mean_the_new_one_meanwhile(self, task: ServiceUnderTest) -> None:
        ids = await add(task, labels=["old"])
        await task.client.patch(f"/labels/{await label_id(task, 'old')}", json={"name": "new"})
        response = await task.client.patch(f"/tasks/{ids[-1]}", json={"labels": ["old", "third", "new"]})
        assert response.json()["labels"] == ["new", "third"]
        refused = await task.client.post("/labels", json={"name": "old"})
        assert (refused.status_code, refused.json()["code"]) == (409, "name-taken")
        await go_on(task)
        assert (await task.client.post("/labels", json={"name": "old"})).status_code == 201
        assert len(await listed(task, filter='label = "new"')) == MANY

    async def test_reaches_what_is_copied_from_a_task_that_still_has_it(self, task: ServiceUnderTest) -> None:
        ids = await add(task, labels=["old"], due_date="2027-01-01", recurrence={"rule": "FREQ=DAILY"})
        await task.client.patch(f"/labels/{await label_id(task, 'old')}", json={"name": "new"})
        await task.client.post(f"/tasks/{ids[-1]}/complete")
        await go_on(task)
        assert {tuple(each["labels"]) for each in await listed(task)} == {("new",)}
        assert len(await listed(task)) == MANY + 1

    @pytest.mark.parametrize(
        "names", [["Old"], ["new", "newer"], ["new", "old"], ["new", "OLD", "old"], ["new", None], [None]]
    )
    async def test_follows_what_becomes_of_it_meanwhile(
        self, task: ServiceUnderTest, names: list[str | None]
    ) -> None:
        await add(task, labels=["first", "old", "last"])
        path = f"/labels/{await label_id(task, 'old')}"
        for name in names:
            if name:
                assert (await task.client.patch(path, json={"name": name})).status_code == 200
            else:
                assert (await task.client.delete(path)).status_code == 204
            await go_on(task, 1)
        await go_on(task)
        expected = ["first", names[-1], "last"] if names[-1] else ["first", "last"]
        assert [each["labels"] for each in await listed(task)] == [expected] * MANY
        key = names[-1] or "old"
        assert len(await listed(task, filter=f'label = "{key}"')) == (MANY if names[-1] else 0)

    async def test_ends_even_if_the_index_is_wrong(self, task: ServiceUnderTest) -> None:
        ids = await add(task, labels=["old"])
        (other,) = await add(task, 1)
        async with task.database.transaction() as session:
            session.add(TaskLabel(user_id="ada", key="old", task_id=other))
        await task.client.patch(f"/labels/{await label_id(task, 'old')}", json={"name": "new"})
        await go_on(task, 2 * MANY)
        assert await jobs(task) == []
        assert len(await listed(task, filter='label = "new"')) == len(ids)

    async def test_leaves_out_a_label_that_is_being_deleted(self, task: ServiceUnderTest) -> None:
        ids = await add(task, labels=["old"])
        await task.client.delete(f"/labels/{await label_id(task, 'old')}")
        response = await task.client.patch(f"/tasks/{ids[-1]}", json={"labels": ["old", "third"]})
        assert response.json()["labels"] == ["third"]
        await go_on(task)
        response = await task.client.patch(f"/tasks/{ids[-1]}", json={"labels": ["old", "third"]})
        assert response.json()["labels"] == ["old", "third"]


class TestDeletingAProject:
    async def test_takes_all_tasks_along_and_brings_all_back(self, task: ServiceUnderTest) -> None:
        project = await made(task, "/projects", {"name": "x"})
        top = await add(task, 5, project_id=project)
        below = await add(task, 5, project_id=project, parent_id=top[0])
        kept = await add(task, 1)
        await task.client.delete(f"/projects/{project}")
        assert len(await listed(task)) == 11 - AT_ONCE
        await go_on(task)
        assert [each["id"] for each in await listed(task)] == kept
        response = await task.client.post(f"/projects/{project}/restore")
        assert response.status_code == 200
        await go_on(task)
        found = {each["id"]: each for each in await listed(task)}
        assert found.keys() == {*top, *below, *kept}
        assert {found[id]["parent_id"] for id in below} == {top[0]}
        assert {found[id]["project_id"] for id in (*top, *below)} == {project}
        assert found[top[0]]["subtasks_total"] == 5

    async def test_leaves_what_was_moved_out_in_time(self, task: ServiceUnderTest) -> None:
        project = await made(task, "/projects", {"name": "x"})
        ids = await add(task, project_id=project)
        await task.client.delete(f"/projects/{project}")
        await task.client.patch(f"/tasks/{ids[-1]}", json={"project_id": None})
        await go_on(task)
        assert [each["id"] for each in await listed(task)] == [ids[-1]]

    async def test_takes_along_what_was_put_below_meanwhile(self, task: ServiceUnderTest) -> None:
        project = await made(task, "/projects", {"name": "x"})
        ids = await add(task, project_id=project)
        await task.client.delete(f"/projects/{project}")
        await add(task, 1, parent_id=ids[-1])
        await go_on(task)
        assert await listed(task) == []

    async def test_holds_after_restoring_and_deleting_in_between(self, task: ServiceUnderTest) -> None:
        project = await made(task, "/projects", {"name": "x"})
        await add(task, project_id=project)
        for _ in range(2):
            await task.client.delete(f"/projects/{project}")
            await go_on(task, 2)
            await task.client.post(f"/projects/{project}/restore")
            await go_on(task, 1)
        await task.client.delete(f"/projects/{project}")
        await go_on(task)
        assert await listed(task) == []
        await task.client.post(f"/projects/{project}/restore")
        await go_on(task)
        assert {each["project_id"] for each in await listed(task)} == {project}
        assert len(await listed(task)) == MANY

    async def test_is_done_for_wide_tasks_as_well(self, task: ServiceUnderTest) -> None:
        (top,) = await add(task, 1)
        await add(task, parent_id=top)
        assert (await task.client.delete(f"/tasks/{top}")).status_code == 204
        await go_on(task)
        assert await listed(task) == []
        await task.client.post(f"/tasks/{top}/restore")
        await go_on(task)
        assert [each["parent_id"] for each in await listed(task)].count(top) == MANY


class TestCompletingWhatRepeats:
    async def recurring(self, task: ServiceUnderTest) -> str:
        """A task with five subtasks, the last with four more."""
        daily = {"due_date": "2027-01-01", "recurrence": {"rule": "FREQ=DAILY"}}
        (top,) = await add(task, 1, **daily)
        below = await add(task, 5, parent_id=top, due_date="2027-01-01")
        await add(task, 4, parent_id=below[-1])
        return top

    async def shape(self, task: ServiceUnderTest, top: str) -> list[tuple[Any, ...]]:
        """How what lies below `top` lies there."""
        found = await listed(task)
        below = [each for each in found if each["parent_id"] == top]
        shapes = [await self.shape(task, each["id"]) for each in below]
        return sorted(
            (each["title"], each["due_date"], *inner) for each, inner in zip(below, shapes, strict=True)
        )

    async def test_copies_all_subtasks(self, task: ServiceUnderTest) -> None:
        top = await self.recurring(task)
        before = await self.shape(task, top)
        await task.client.post(f"/tasks/{top}/complete")
        (following,) = [each for each in await listed(task) if each["recurrence"] and not each["done"]]
        assert len(await self.shape(task, following["id"])) == AT_ONCE
        await go_on(task)
        after = await self.shape(task, following["id"])
        assert after == [(title, "2027-01-02", *inner) for title, _, *inner in before]
        assert after[-1][2:] == tuple((f"task {number:02}", None) for number in range(4))
        found = (await task.client.get(f"/tasks/{following['id']}")).json()
        assert (found["subtasks_done"], found["subtasks_total"]) == (0, 5)

    @pytest.mark.parametrize("chunks", [0, 1, 2, 3])
    async def test_copies_them_into_what_was_taken_back_meanwhile(
        self, task: ServiceUnderTest, chunks: int
    ) -> None:
        top = await self.recurring(task)
        for act in ("complete", "reopen"):
            await task.client.post(f"/tasks/{top}/{act}")
            await go_on(task, chunks)
        await go_on(task)
        assert len(await listed(task)) == 10
        await task.client.post(f"/tasks/{top}/complete")
        await go_on(task)
        (following,) = [each for each in await listed(task) if each["recurrence"] and not each["done"]]
        assert len(await self.shape(task, following["id"])) == 5
        assert len(await listed(task)) == 20


class TestABatch:
    async def test_changes_no_more_at_once_than_is_borne(
        self, task: ServiceUnderTest, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(use_cases, "IN_ONE_TRANSACTION", 5)
        labels = [await made(task, "/labels", {"name": f"label {number}"}) for number in range(4)]
        for number in range(4):
            await add(task, 2, labels=[f"label {number}"])
        commands = [
            {"uuid": f"{number:08}", "type": "label.delete", "id": id} for number, id in enumerate(labels)
        ]
        response = await task.client.post("/batch", json={"commands": commands})
        assert [each["status"] for each in response.json()["results"]] == [204] * 4
        assert sorted(len(each["labels"]) for each in await listed(task)) == [0] * 5 + [1] * 3
        await go_on(task)
        assert {len(each["labels"]) for each in await listed(task)} == {0}


class TestMovingToAnotherZone:
    async def test_reaches_all_and_the_last_move_counts(self, task: ServiceUnderTest) -> None:
        await add(task, due_date="2027-01-01", due_time="09:00")
        moved = UserUpdated(user_id="ada", email="a@example.org", name="", time_zone="Asia/Tokyo")
        await task.receive(subscriptions.handlers, moved)
        await go_on(task, 2)
        last = moved.model_copy(update={"time_zone": "America/New_York"})
        await task.receive(subscriptions.handlers, last)
        await go_on(task)
        assert {each["due_at"] for each in await listed(task)} == {"2027-01-01T14:00:00Z"}


class TestTheWorker:
    async def test_does_it_all_by_itself(
        self, open_service: OpenService, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(worker, "POLL_SECONDS", 0.05)
        task = await open_service(create, Settings)
        project = await made(task, "/projects", {"name": "x"})
        for start in (0, 100, 200):
            commands = [
                {"uuid": f"{number:08}", "type": "task.create", "body": {"title": "t", "project_id": project}}
                for number in range(start, start + 100)
            ]
            response = await task.client.post("/batch", json={"commands": commands})
            assert {each["status"] for each in response.json()["results"]} == {201}
        commits: list[object] = []
        event.listen(task.database.engine.sync_engine, "commit", commits.append)
        assert (await task.client.delete(f"/projects/{project}")).status_code == 204
        async with asyncio.timeout(60):
            while await jobs(task):
                await asyncio.sleep(0.05)
        assert await listed(task) == []
        assert len(commits) > (300 - use_cases.AT_ONCE) / worker.CHUNK

    @pytest.mark.parametrize("is_before", [True, False])
    async def test_goes_on_after_an_error_without_doing_anything_twice(
        self, task: ServiceUnderTest, monkeypatch: pytest.MonkeyPatch, *, is_before: bool
    ) -> None:
        ids = await add(task, labels=["old"])
        await task.client.patch(f"/labels/{await label_id(task, 'old')}", json={"name": "new"})
        apply, calls = worker.APPLY[Kind.RELABEL], []

        async def broken(*given: Any) -> None:
            calls.append(given)
            if not is_before:
                await apply(*given)
            if len(calls) in (1, 3):
                raise OSError("broken")
            if is_before:
                await apply(*given)

        monkeypatch.setattr(worker, "APPLY", {Kind.RELABEL: broken})
        monkeypatch.setattr(worker, "PAUSE_SECONDS", 0)
        while job := await worker._lease(task.database):
            await worker.work_on(task.database, job)
        assert len(calls) > 3
        updated = [each for each in await task.recorded("task") if each["type"] == "todo.task.updated.v1"]
        assert sorted(each["data"]["task"]["id"] for each in updated) == sorted(ids)

    async def test_waits_longer_after_each_failure(
        self, task: ServiceUnderTest, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await add(task, labels=["old"])
        await task.client.patch(f"/labels/{await label_id(task, 'old')}", json={"name": "new"})

        async def broken(*_: Any) -> None:
            raise OSError("broken")

        monkeypatch.setattr(worker, "APPLY", {Kind.RELABEL: broken})
        for failures, seconds in ((1, 5), (2, 10), (3, 20)):
            (job,) = await jobs(task)
            began = datetime.now(UTC)
            await worker.work_on(task.database, job)
            (after,) = await jobs(task)
            assert after.failures == failures
            assert seconds <= (after.leased_until - began).total_seconds() < 2 * seconds

    async def test_does_nothing_for_an_account_that_is_gone(self, task: ServiceUnderTest) -> None:
        await add(task, labels=["old"])
        await task.client.patch(f"/labels/{await label_id(task, 'old')}", json={"name": "new"})
        (job,) = await jobs(task)
        await task.receive(subscriptions.handlers, UserDeleted(user_id="ada"))
        assert await worker.change_some(task.database, job.id) is False
        async with task.database.reading() as session:
            for table in (FanOut, FanOutTask, Task):
                assert (await session.scalars(select(col(table.user_id)))).all() == []

    async def test_serves_others_between_the_turns_of_one(self, task: ServiceUnderTest) -> None:
        for user in ({}, BOB):
            for _ in range(8):
                await made(task, "/tasks", {"title": "x", "labels": ["old"]}, headers=user)
            label = (await task.client.get("/labels", headers=user)).json()["items"][0]["id"]
            await task.client.patch(f"/labels/{label}", json={"name": "new"}, headers=user)
        turns = []
        while job := await worker._lease(task.database):
            turns.append(job.user_id)
            await worker.change_some(task.database, job.id)
            await worker._give_back(task.database, job, 0)
        assert turns[:4] == ["ada", "bob", "ada", "bob"]

    async def test_has_a_limit_of_jobs_for_each_user(self, task: ServiceUnderTest) -> None:
        projects = [await made(task, "/projects", {"name": f"p{n}"}) for n in range(use_cases.MAX_JOBS + 1)]
        for project in projects:
            await add(task, AT_ONCE + 1, project_id=project)
        responses = [await task.client.delete(f"/projects/{project}") for project in projects]
        assert [each.status_code for each in responses] == [204] * use_cases.MAX_JOBS + [409]
        assert responses[-1].json()["code"] == "too-many-large-changes"
        assert len(await listed(task, filter='project = "p10"')) == AT_ONCE + 1
        await go_on(task)
        assert (await task.client.delete(f"/projects/{projects[-1]}")).status_code == 204
