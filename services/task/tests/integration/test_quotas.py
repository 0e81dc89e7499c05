"""Quotas: counted with every write, refused in its transaction. On both databases."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import httpx2
import pytest
from sqlalchemy import func, select, update
from sqlmodel import col
from task_service.main import create
from task_service.models import Activity, Label, Project, SavedFilter, Task
from task_service.quotas.models import AccountUsage
from task_service.quotas.recorder import LIMITS
from task_service.quotas.sizes import size_of
from task_service.retention import purge as retention
from task_service.settings import Settings
from task_service.subscriptions import subscriptions
from task_service.tasks import use_cases
from task_service.tasks.schemas import TaskCreate
from task_service.unit_of_work.unit import UnitOfWork

from conftest import OpenService, ServiceUnderTest
from contracts.user import UserDeleted
from servicekit.errors import QuotaExceeded
from servicekit.security.auth import Principal
from servicekit.web.ids import new_id

ADA = Principal("ada", "user", "Europe/Berlin", "ada", 2**40)
STEPS = 40


@pytest.fixture
async def task(open_service: OpenService) -> ServiceUnderTest:
    return await open_service(create, Settings)


def limit(task: ServiceUnderTest, **limits: int) -> None:
    task.database.session_info[LIMITS] |= limits


async def used(task: ServiceUnderTest, user: str = "ada") -> dict[str, int]:
    response = await task.client.get("/usage", headers={"authorization": f"Bearer {user}"})
    assert response.status_code == 200, response.text
    return {item["name"]: item["used"] for item in response.json()["items"]}


async def counted(task: ServiceUnderTest, user: str = "ada") -> dict[str, int]:
    """What the rows of the account come to."""
    async with task.database.reading() as session:
        tasks = (await session.scalars(select(Task).where(col(Task.user_id) == user))).all()
        projects = (await session.scalars(select(Project).where(col(Project.user_id) == user))).all()
        sizes = (await session.scalars(select(col(Activity.size)).where(col(Activity.user_id) == user))).all()
        others = [
            await session.scalar(select(func.count()).where(col(model.user_id) == user))
            for model in (Label, SavedFilter)
        ]
    live, gone = ([each for each in tasks if bool(each.deleted_at) is is_gone] for is_gone in (False, True))
    texts = [sum(size_of(each.title) + size_of(each.notes) for each in some) for some in (live, gone)]
    trashed_projects = sum(each.deleted_at is not None for each in projects)
    return {
        "tasks": len(live),
        "bytes_of_text": texts[0],
        "projects": len(projects) - trashed_projects,
        "labels": others[0] or 0,
        "filters": others[1] or 0,
        "trashed_tasks": len(gone),
        "bytes_in_trash": texts[1],
        "trashed_projects": trashed_projects,
        "bytes_of_history": sum(sizes),
    }


async def post(task: ServiceUnderTest, path: str, **body: Any) -> httpx2.Response:
    return await task.client.post(path, json=body)


async def made(task: ServiceUnderTest, title: str = "milk", **fields: Any) -> dict[str, Any]:
    response = await post(task, "/tasks", title=title, **fields)
    assert response.status_code == 201, response.text
    found: dict[str, Any] = response.json()
    return found


def refused(response: httpx2.Response, name: str) -> bool:
    problem = response.json()
    return (response.status_code, problem["code"], problem.get("quota", {}).get("name")) == (
        *(409, "quota-exceeded"),
        name,
    )


class TestEachQuota:
    @pytest.mark.parametrize(
        ("path", "name", "body"),
        [
            ("/tasks", "tasks", {"title": "x"}),
            ("/projects", "projects", {"name": "x"}),
            ("/labels", "labels", {"name": "x"}),
            ("/filters", "filters", {"name": "x", "filter": "done"}),
        ],
    )
    async def test_refuses_one_more_and_says_why(
        self, task: ServiceUnderTest, path: str, name: str, body: dict[str, str]
    ) -> None:
        limit(task, **{name: 2})
        what = "title" if "title" in body else "name"
        for character in "ab":
            assert (await post(task, path, **body | {what: character})).status_code == 201
        response = await post(task, path, **body | {what: "c"})
        assert refused(response, name)
        assert response.json()["quota"] == {"name": name, "used": 2, "limit": 2}
        assert (await used(task))[name] == 2

    async def test_is_each_accounts_own(self, task: ServiceUnderTest) -> None:
        limit(task, tasks=1)
        await made(task)
        bob = {"authorization": "Bearer bob"}
        assert (await task.client.post("/tasks", json={"title": "x"}, headers=bob)).status_code == 201
        assert ((await used(task))["tasks"], (await used(task, "bob"))["tasks"]) == (1, 1)

    async def test_of_bytes_counts_what_is_written_in_any_script(self, task: ServiceUnderTest) -> None:
        limit(task, bytes_of_text=10)
        found = await made(task, "Köln", notes="🎉")
        assert (await used(task))["bytes_of_text"] == 9
        assert refused(await post(task, "/tasks", title="xy"), "bytes_of_text")
        longer = await task.client.patch(f"/tasks/{found['id']}", json={"notes": "🎉ab"})
        assert refused(longer, "bytes_of_text")
        assert (await task.client.patch(f"/tasks/{found['id']}", json={"notes": ""})).status_code == 200
        assert (await post(task, "/tasks", title="xy")).status_code == 201

    async def test_that_was_lowered_lets_one_have_less(self, task: ServiceUnderTest) -> None:
        first, _ = await made(task, "aaa"), await made(task, "bbb")
        limit(task, tasks=1, bytes_of_text=1)
        assert (await task.client.patch(f"/tasks/{first['id']}", json={"title": "aa"})).status_code == 200
        assert (await task.client.delete(f"/tasks/{first['id']}")).status_code == 204
        assert refused(await post(task, f"/tasks/{first['id']}/restore"), "tasks")


class TestEveryWayIn:
    async def test_quick_add_counts_the_project_and_the_labels_it_makes(self, task: ServiceUnderTest) -> None:
        limit(task, labels=1, projects=1)
        assert (await post(task, "/tasks", quick="milk #shop +Home")).status_code == 201
        assert refused(await post(task, "/tasks", quick="bread #bakery"), "labels")
        assert refused(await post(task, "/tasks", quick="bread +Work"), "projects")
        assert (await used(task))["tasks"] == 1

    async def test_commands_of_a_batch_are_refused_one_by_one(self, task: ServiceUnderTest) -> None:
        limit(task, tasks=2)
        commands = [
            {"uuid": new_id(), "type": "task.create", "body": {"title": title}} for title in ("a", "b", "c")
        ]
        last = {"uuid": new_id(), "type": "label.create", "body": {"name": "x"}}
        response = (await post(task, "/batch", commands=[*commands, last], atomic=False)).json()
        assert [each["status"] for each in response["results"]] == [201, 201, 409, 201]
        assert response["results"][2]["problem"]["code"] == "quota-exceeded"
        assert await used(task) == await counted(task)

    async def test_an_atomic_batch_is_refused_whole(self, task: ServiceUnderTest) -> None:
        limit(task, tasks=1)
        commands = [{"uuid": new_id(), "type": "task.create", "body": {"title": title}} for title in "ab"]
        assert (await post(task, "/batch", commands=commands, atomic=True)).status_code == 422
        assert (await used(task))["tasks"] == 0

    async def test_a_restored_task_needs_its_place(self, task: ServiceUnderTest) -> None:
        limit(task, tasks=1)
        first = await made(task, "a")
        await task.client.delete(f"/tasks/{first['id']}")
        second = await made(task, "b")
        assert refused(await post(task, f"/tasks/{first['id']}/restore"), "tasks")
        await task.client.delete(f"/tasks/{second['id']}")
        assert (await post(task, f"/tasks/{first['id']}/restore")).status_code == 200

    async def test_the_next_occurrence_needs_its_place(self, task: ServiceUnderTest) -> None:
        limit(task, tasks=1)
        found = await made(task, due_date="2027-01-01", recurrence={"rule": "FREQ=DAILY"})
        assert refused(await post(task, f"/tasks/{found['id']}/complete"), "tasks")
        assert (await task.client.get(f"/tasks/{found['id']}")).json()["done"] is False

    async def test_an_import_that_does_not_fit_adds_nothing_and_says_so(self, task: ServiceUnderTest) -> None:
        limit(task, tasks=2)
        job = (await task.client.post("/import", content="title\na\nb\nc")).json()
        async with asyncio.timeout(10):
            while job["status"] in ("waiting", "running"):
                await asyncio.sleep(0.05)
                job = (await task.client.get(f"/import/{job['id']}")).json()
        assert job["status"] == "failed"
        assert "may have 2 tasks" in str(job)
        assert (await used(task))["tasks"] == 0

    async def test_writers_at_the_same_time_do_not_pass_together(self, task: ServiceUnderTest) -> None:
        limit(task, tasks=5)
        responses = await asyncio.gather(*(post(task, "/tasks", title=f"{number}") for number in range(12)))
        assert sorted(response.status_code for response in responses) == [201] * 5 + [409] * 7
        assert await used(task) == await counted(task)


class TestTheTrash:
    async def test_makes_room_for_what_is_deleted(self, task: ServiceUnderTest) -> None:
        limit(task, trashed_tasks=2)
        for title in "abc":
            await task.client.delete(f"/tasks/{(await made(task, title))['id']}")
        items = (await task.client.get("/tasks?trash=true")).json()["items"]
        assert sorted(item["title"] for item in items) == ["b", "c"]
        assert await used(task) == await counted(task)

    async def test_makes_room_for_long_texts(self, task: ServiceUnderTest) -> None:
        limit(task, bytes_in_trash=1000)
        for character in "abcdefghijklmno":
            await task.client.delete(f"/tasks/{(await made(task, character, notes=character * 300))['id']}")
        items = (await task.client.get("/tasks?trash=true")).json()["items"]
        assert "o" in {item["title"] for item in items}
        assert (await used(task))["bytes_in_trash"] <= 1000
        assert await used(task) == await counted(task)

    async def test_makes_room_for_projects(self, task: ServiceUnderTest) -> None:
        limit(task, trashed_projects=1)
        for name in "ab":
            project = (await post(task, "/projects", name=name)).json()
            await task.client.delete(f"/projects/{project['id']}")
        items = (await task.client.get("/projects?trash=true")).json()["items"]
        assert [item["name"] for item in items] == ["b"]


class TestTheHistory:
    async def test_drops_the_oldest_entries_for_new_ones(self, task: ServiceUnderTest) -> None:
        limit(task, bytes_of_history=20_000)
        found = await made(task)
        for number in range(120):
            await task.client.patch(f"/tasks/{found['id']}", json={"notes": f"{number} " * 50})
        activity = (await task.client.get(f"/tasks/{found['id']}/activity")).json()["items"]
        assert activity[0]["after"]["notes"] == "119 " * 50
        assert 0 < (await used(task))["bytes_of_history"] <= 20_000
        assert await used(task) == await counted(task)

    async def test_ends_after_its_time(self, task: ServiceUnderTest) -> None:
        await made(task)
        await retention.purge_history(task.database, datetime.now(UTC) - timedelta(days=1))
        assert (await counted(task))["bytes_of_history"] > 0
        await retention.purge_history(task.database, datetime.now(UTC) + timedelta(days=1))
        assert (await used(task))["bytes_of_history"] == (await counted(task))["bytes_of_history"] == 0


class TestTheCounters:
    @pytest.mark.parametrize("seed", range(2))
    async def test_are_what_the_rows_come_to_whatever_is_done(
        self, task: ServiceUnderTest, seed: int
    ) -> None:
        limit(task, tasks=14, projects=4, labels=6, trashed_tasks=5, bytes_of_history=6000)
        random = Random(seed)
        for step in range(STEPS):
            await random.choice(DEEDS)(task, random)
            assert await used(task) == await counted(task), step

    async def test_are_gone_with_the_account(self, task: ServiceUnderTest) -> None:
        await made(task)
        await task.receive(subscriptions.handlers, UserDeleted(user_id="ada"))
        async with task.database.reading() as session:
            assert (await session.scalars(select(AccountUsage))).all() == []

    async def test_forget_what_was_rolled_back(self, task: ServiceUnderTest) -> None:
        async with task.database.transaction() as session:
            await use_cases.create(await UnitOfWork.begin(session, ADA), TaskCreate(title="x"))
            await session.flush()
            await session.rollback()
        assert (await used(task))["tasks"] == 0

    async def test_cost_the_same_however_much_there_is(self, task: ServiceUnderTest) -> None:
        """What is read and written for the counters is one row, found by its key."""
        await made(task)
        async with task.database.transaction() as session:
            await session.execute(update(AccountUsage).values(tasks=49_999))
            await use_cases.create(await UnitOfWork.begin(session, ADA), TaskCreate(title="x"))
            await session.flush()
            await use_cases.create(await UnitOfWork.begin(session, ADA), TaskCreate(title="y"))
            with pytest.raises(QuotaExceeded):
                await session.flush()
            await session.rollback()


Deed = Callable[[ServiceUnderTest, Random], Awaitable[Any]]


async def some_id(task: ServiceUnderTest, random: Random, path: str) -> str:
    items = (await task.client.get(path)).json()["items"]
    return str(random.choice(items)["id"]) if items else new_id()


async def add_task(task: ServiceUnderTest, random: Random) -> None:
    fields: dict[str, Any] = {
        "title": random.choice(["milk", "Brötchen", "🎉 " * 5]),
        "notes": "n" * random.randrange(60),
    }
    if random.random() < 0.4:
        fields["parent_id"] = await some_id(task, random, "/tasks")
    if random.random() < 0.3:
        fields |= {"due_date": "2027-01-01", "recurrence": {"rule": "FREQ=DAILY"}}
    await post(task, "/tasks", **fields)


async def add_in_words(task: ServiceUnderTest, random: Random) -> None:
    await post(task, "/tasks", quick=f"eggs #l{random.randrange(8)} +p{random.randrange(6)}")


async def change_task(task: ServiceUnderTest, random: Random) -> None:
    body = {"title": "t" * random.randrange(1, 40), "notes": "é" * random.randrange(40)}
    await task.client.patch(f"/tasks/{await some_id(task, random, '/tasks')}", json=body)


async def do_to_task(task: ServiceUnderTest, random: Random) -> None:
    verb = random.choice(["complete", "reopen"])
    await post(task, f"/tasks/{await some_id(task, random, '/tasks')}/{verb}")


async def delete_task(task: ServiceUnderTest, random: Random) -> None:
    await task.client.delete(f"/tasks/{await some_id(task, random, '/tasks')}")


async def restore_task(task: ServiceUnderTest, random: Random) -> None:
    await post(task, f"/tasks/{await some_id(task, random, '/tasks?trash=true')}/restore")


async def delete_project(task: ServiceUnderTest, random: Random) -> None:
    await task.client.delete(f"/projects/{await some_id(task, random, '/projects')}")


async def restore_project(task: ServiceUnderTest, random: Random) -> None:
    await post(task, f"/projects/{await some_id(task, random, '/projects?trash=true')}/restore")


async def handle_label(task: ServiceUnderTest, random: Random) -> None:
    path = f"/labels/{await some_id(task, random, '/labels')}"
    if random.random() < 0.5:
        await task.client.delete(path)
    else:
        await task.client.patch(path, json={"name": f"l{random.randrange(8)}"})


async def handle_filter(task: ServiceUnderTest, random: Random) -> None:
    if random.random() < 0.6:
        await post(task, "/filters", name=f"f{random.randrange(9)}", filter="done")
    else:
        await task.client.delete(f"/filters/{await some_id(task, random, '/filters')}")


async def run_batch(task: ServiceUnderTest, random: Random) -> None:
    commands = [
        {"uuid": new_id(), "type": "task.create", "body": {"title": "b", "labels": [f"l{number}"]}}
        for number in range(random.randrange(1, 5))
    ]
    commands.append({"uuid": new_id(), "type": "task.delete", "id": await some_id(task, random, "/tasks")})
    await post(task, "/batch", commands=commands, atomic=random.random() < 0.5)


async def empty_trash(task: ServiceUnderTest, random: Random) -> None:
    await retention.purge_trash(task.database, datetime.now(UTC))


DEEDS: tuple[Deed, ...] = (
    *(add_task, add_task, add_in_words, change_task, do_to_task, delete_task, restore_task),
    *(delete_project, restore_project, handle_label, handle_filter, run_batch, empty_trash),
)
