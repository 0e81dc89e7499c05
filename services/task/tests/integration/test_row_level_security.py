"""PostgreSQL hides the rows of others from a transaction with an owner, whatever its queries forget."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import ColumnElement, delete, func, select, text, true, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession
from task_service.main import create
from task_service.models import Label, Task
from task_service.settings import Settings
from task_service.unit_of_work.unit import UnitOfWork, act_for

from conftest import OpenService, ServiceUnderTest
from servicekit.persistence.ownership import OwnedRepository, OwnerScope
from servicekit.web.idempotency import IdempotencyClaim, claim_key
from servicekit.web.ids import new_id

NOW = datetime(2026, 1, 1, tzinfo=UTC)
BOB = {"authorization": "Bearer bob"}
WITHOUT_POLICY = {"task_text"}
"""Its n-gram index can't be used behind one."""


@pytest.fixture
async def task(open_service: OpenService) -> ServiceUnderTest:
    found = await open_service(create, Settings)
    if found.database.is_sqlite:
        pytest.skip("SQLite has no row-level security")
    async with found.database.reading() as session:
        exempt = text("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
        assert await session.scalar(exempt) is False
    return found


@pytest.fixture
def forgetful(monkeypatch: pytest.MonkeyPatch) -> None:
    """Repositories whose statements forget whose rows they are about."""

    def owns(*_: Any) -> ColumnElement[bool]:
        return true()

    def find_loaded(*_: Any) -> None:
        return None

    monkeypatch.setattr(OwnerScope, "owns", owns)
    monkeypatch.setattr(OwnedRepository, "find_loaded", find_loaded)


async def add(task: ServiceUnderTest, path: str, body: dict[str, Any], **more: Any) -> str:
    return str((await task.client.post(path, json=body, **more)).json()["id"])


async def count(session: AsyncSession, model: type[Any]) -> int:
    return await session.scalar(select(func.count()).select_from(model)) or 0


@pytest.mark.usefixtures("forgetful")
class TestAQueryThatForgetsItsOwner:
    async def test_finds_nothing_of_another_user(self, task: ServiceUnderTest) -> None:
        id = await add(task, "/tasks", {"title": "milk", "labels": ["shop"]})
        own = await add(task, "/tasks", {"title": "tea"}, headers=BOB)
        async with task.database.transaction() as session:
            unit = await UnitOfWork.begin(session, act_for("bob"))
            assert await unit.tasks.lock_task(id) is None
            assert [each.id for each in await unit.tasks.find_tasks([id, own])] == [own]
            assert await unit.labels.find_by_keys(["shop"]) == []
            assert await unit.tasks.list_activity(id, None, 10) == []

    async def test_changes_nothing_of_another_user(self, task: ServiceUnderTest) -> None:
        id = await add(task, "/tasks", {"title": "milk"})
        async with task.database.transaction() as session:
            await UnitOfWork.begin(session, act_for("bob"))
            await session.execute(update(Task).values(title="gone"))
            await session.execute(delete(Label))
            await session.execute(delete(Task))
        assert (await task.client.get(f"/tasks/{id}")).json()["title"] == "milk"

    async def test_writes_nothing_for_another_user(self, task: ServiceUnderTest) -> None:
        async with task.database.transaction() as session:
            await UnitOfWork.begin(session, act_for("bob"))
            session.add(Label.create("ada", {"name": "shop"}, NOW))
            with pytest.raises(DBAPIError, match="row-level security"):
                await session.flush()
            await session.rollback()

    async def test_finds_nothing_where_the_lock_came_with_the_idempotency_key(
        self, task: ServiceUnderTest
    ) -> None:
        await add(task, "/tasks", {"title": "milk"})
        async with task.database.transaction() as session:
            assert await claim_key(session, IdempotencyClaim("bob", new_id(), "hash")) is None
            await UnitOfWork.begin(session, act_for("bob"))
            assert await count(session, Task) == 0


class TestATransaction:
    async def test_without_an_owner_sees_all(self, task: ServiceUnderTest) -> None:
        """Workers that look for the next job, and replicas of the release before."""
        for headers in ({}, BOB):
            await add(task, "/tasks", {"title": "milk"}, headers=headers)
        async with task.database.transaction() as session:
            assert await count(session, Task) == 2

    async def test_of_several_users_sees_theirs(self, task: ServiceUnderTest) -> None:
        """A batch of events is one transaction."""
        for headers in ({}, BOB):
            await add(task, "/tasks", {"title": "milk"}, headers=headers)
        async with task.database.transaction() as session:
            for user_id, name in (("ada", "shop"), ("bob", "shop"), ("ada", "home")):
                unit = await UnitOfWork.begin(session, act_for(user_id))
                unit.add(Label.create(user_id, {"name": name}, NOW))
            await session.flush()
            assert await count(session, Task) == 2
        async with task.database.transaction() as session:
            assert await count(session, Label) == 3

    async def test_leaves_no_owner_to_the_next_one_of_its_connection(self, task: ServiceUnderTest) -> None:
        async with task.database.transaction() as session:
            await UnitOfWork.begin(session, act_for("bob"))
            assert await session.scalar(text("SELECT current_setting('todo.user_id')")) == "bob"
            await session.commit()
            assert not await session.scalar(text("SELECT current_setting('todo.user_id', true)"))


async def test_every_owned_table_has_a_policy_that_holds_for_its_owner_too(task: ServiceUnderTest) -> None:
    owned = text(
        "SELECT c.relname, c.relrowsecurity AND c.relforcerowsecurity AND p.polname = 'owner' "
        "FROM pg_class c "
        "JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'user_id' AND c.relkind = 'r' "
        "JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public' "
        "LEFT JOIN pg_policy p ON p.polrelid = c.oid"
    )
    async with task.database.reading() as session:
        found = {name: bool(is_hidden) for name, is_hidden in await session.execute(owned)}
    assert len(found) > 10
    assert {name for name, is_hidden in found.items() if not is_hidden} == WITHOUT_POLICY
