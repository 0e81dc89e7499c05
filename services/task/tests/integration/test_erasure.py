"""Nothing of a user is left once the account is gone, nor comes back. On both databases."""

import asyncio
from datetime import UTC, datetime

import pytest
from sqlalchemy import Connection, inspect, text
from task_service.fanout import use_cases as fanout
from task_service.fanout import worker
from task_service.fanout.models import Kind
from task_service.main import create
from task_service.settings import Settings
from task_service.subscriptions import subscriptions
from task_service.tasks import use_cases
from task_service.tasks.schemas import TaskCreate
from task_service.unit_of_work.unit import UnitOfWork, act_for

from conftest import OpenService, ServiceUnderTest
from contracts.user import UserDeleted, UserUpdated
from servicekit.security.auth import Principal
from services.task.tests.idle_workers import never_poll
from tests.blocked import until_blocked

ADA = Principal("ada", "user", "Europe/Berlin", "ada", 2**40)
BOB = {"authorization": "Bearer bob"}
MOVED = UserUpdated(user_id="ada", email="a@example.org", name="", time_zone="Asia/Tokyo")


@pytest.fixture
async def task(open_service: OpenService, monkeypatch: pytest.MonkeyPatch) -> ServiceUnderTest:
    monkeypatch.setattr(worker, "poll", never_poll)
    return await open_service(create, Settings)


async def add_everything(task: ServiceUnderTest, user: dict[str, str]) -> list[int]:
    """Add one of each kind; returns the status of each response."""
    milk = {"title": "milk", "labels": ["y"], "due_date": "2027-01-01"}
    responses = [
        await task.client.post("/projects", json={"name": "x"}, headers=user),
        await task.client.post("/labels", json={"name": "x"}, headers=user),
        await task.client.post("/filters", json={"name": "x", "filter": "done"}, headers=user),
        await task.client.post("/tasks", json=milk, headers=user),
        await task.client.post("/calendar", headers=user),
        await task.client.post("/import", content="title\nmilk", headers=user),
    ]
    return [response.status_code for response in responses]


class TestErasure:
    async def test_leaves_nothing_in_any_table(self, task: ServiceUnderTest) -> None:
        for user in ({}, BOB):
            assert await add_everything(task, user) == [201, 201, 201, 201, 201, 202]
        async with task.database.transaction() as session:
            for name in ("ada", "bob"):
                await fanout.start_job(UnitOfWork(session, act_for(name)), Kind.TRASH, ["x"], {})
        before = await owners(task)
        assert set(before.values()) == {("ada", "bob")}
        await task.receive(subscriptions.handlers, UserDeleted(user_id="ada"))
        assert await owners(task) == dict.fromkeys(before, ("bob",))

    async def test_holds_against_what_is_told_late(self, task: ServiceUnderTest) -> None:
        await task.receive(subscriptions.handlers, UserDeleted(user_id="ada"), MOVED)
        assert set((await owners(task)).values()) == {()}

    async def test_holds_against_a_token_that_has_not_expired(self, task: ServiceUnderTest) -> None:
        await task.receive(subscriptions.handlers, UserDeleted(user_id="ada"))
        assert await add_everything(task, {}) == [401] * 6
        response = await task.client.post("/tasks", json={"title": "milk"})
        assert response.json()["code"] == "account-gone"
        assert set((await owners(task)).values()) == {()}
        assert await task.recorded() == []
        assert await add_everything(task, BOB) == [201, 201, 201, 201, 201, 202]

    async def test_waits_for_what_is_being_added(self, task: ServiceUnderTest) -> None:
        async with task.database.transaction() as session:
            await use_cases.create(await UnitOfWork.begin(session, ADA), TaskCreate(title="milk"))
            erasing = asyncio.create_task(task.receive(subscriptions.handlers, UserDeleted(user_id="ada")))
            await until_blocked(task.database)
        await erasing
        assert set((await owners(task)).values()) == {()}

    async def test_lets_what_is_added_meanwhile_wait(self, task: ServiceUnderTest) -> None:
        async with task.database.transaction() as session:
            unit = await UnitOfWork.begin(session, ADA)
            await unit.erase_user(datetime.now(UTC))
            adding = asyncio.create_task(task.client.post("/tasks", json={"title": "milk"}))
            await until_blocked(task.database)
        assert (await adding).status_code == 401
        assert set((await owners(task)).values()) == {()}


async def owners(task: ServiceUnderTest) -> dict[str, tuple[str, ...]]:
    """Whose rows are in each table that says so."""
    async with task.database.engine.connect() as connection:
        tables = await connection.run_sync(_owned)
        return {
            table: tuple(
                await connection.scalars(text(f"SELECT DISTINCT user_id FROM {table} ORDER BY user_id"))
            )
            for table in tables
        }


def _owned(connection: Connection) -> list[str]:
    found = inspect(connection)
    columns = {
        table: [each["name"] for each in found.get_columns(table)] for table in found.get_table_names()
    }
    return [table for table, names in columns.items() if "user_id" in names]
