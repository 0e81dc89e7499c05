"""What a transaction has changed is written with little, and right. On both databases."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from sqlalchemy import JSON, String, cast, func, insert, select, text
from sqlmodel import col
from task_service.import_export.new_task import NewTask
from task_service.main import create
from task_service.models import Activity, OutboxRow, Task
from task_service.quotas.recorder import LIMITS
from task_service.settings import Settings
from task_service.tasks.repository import TaskRepository
from task_service.unit_of_work.unit import UnitOfWork, act_for

from conftest import OpenService, ServiceUnderTest
from servicekit.messaging.outbox import OUTBOX
from servicekit.persistence.deferred_inserts import defer_rows
from servicekit.web.idempotency import CLAIMED, IdempotencyClaim, claim_key
from servicekit.web.ids import new_id
from services.task.tests.unit.import_export.test_rows import model_of, new_tasks
from tests.statements import statements

fuzzy = settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
NOW = datetime(2026, 1, 1, tzinfo=UTC)
LOCK_USER = "SELECT pg_try_advisory_xact_lock(hashtextextended('ada', 0))"


@pytest.fixture
async def task(open_service: OpenService) -> ServiceUnderTest:
    return await open_service(create, Settings)


def plain(id: str, title: str = "milk") -> Task:
    return Task(id=id, user_id="ada", title=title, position="V", created_at=NOW, updated_at=NOW)


def once() -> dict[str, str]:
    """As the edge asks."""
    return {"idempotency-key": new_id()}


async def made(task: ServiceUnderTest, **fields: Any) -> dict[str, Any]:
    response = await task.client.post("/tasks", json={"title": "milk"} | fields, headers=once())
    assert response.status_code == 201, response.text
    found: dict[str, Any] = response.json()
    return found


async def stored(task: ServiceUnderTest, id: str) -> list[Any]:
    """What the database holds of a task but its id, as text; `infinity` is no date to Python."""
    columns: Any = [each for each in Task.metadata.tables["task"].c if each.name != "id"]
    shown = [each if isinstance(each.type, JSON) else cast(each, String) for each in columns]
    async with task.database.reading() as session:
        return list((await session.execute(select(*shown).where(col(Task.id) == id))).one())


async def number_of(task: ServiceUnderTest, model: type[Any]) -> int:
    async with task.database.reading() as session:
        return await session.scalar(select(func.count()).select_from(model)) or 0


class TestOnPostgres:
    """A round trip costs more than what it writes; SQLite lies in the process itself."""

    @pytest.fixture(autouse=True)
    def postgres(self, task: ServiceUnderTest) -> None:
        if task.database.is_sqlite:
            pytest.skip("SQLite runs a statement for each table")

    @pytest.mark.parametrize(
        "body", [{"title": "tea"}, {"title": "tea", "due_date": "2030-01-01", "priority": 2}]
    )
    async def test_a_new_task_takes_two_statements(
        self, task: ServiceUnderTest, body: dict[str, Any]
    ) -> None:
        with statements(task) as seen:
            assert (await task.client.post("/tasks", json=body, headers=once())).status_code == 201
        assert len(seen) == 2, seen

    @pytest.mark.parametrize(
        ("method", "path", "body", "number"),
        [
            ("PATCH", "", {"title": "tea"}, 3),
            ("PATCH", "", {"due_date": "2030-01-01"}, 3),
            ("PATCH", "", {"title": "milk"}, 3),
            ("POST", "/complete", None, 3),
            ("DELETE", "", None, 4),
        ],
    )
    async def test_a_change_takes_few(
        self, task: ServiceUnderTest, method: str, path: str, body: Any, number: int
    ) -> None:
        id = (await made(task))["id"]
        with statements(task) as seen:
            response = await task.client.request(method, f"/tasks/{id}{path}", json=body, headers=once())
        assert response.is_success
        assert len(seen) == number, seen

    async def test_a_turn_comes_with_the_key(self, task: ServiceUnderTest) -> None:
        claim = IdempotencyClaim("ada", "k", "hash")
        async with task.database.transaction() as session:
            assert await claim_key(session, claim) is None
            with statements(task) as seen:
                await UnitOfWork.begin(session, act_for("ada"))
            assert not seen
            async with task.database.transaction() as other:
                assert not await other.scalar(text(LOCK_USER))
        async with task.database.transaction() as other:
            assert await other.scalar(text(LOCK_USER))

    async def test_a_turn_that_a_savepoint_took_goes_with_it(self, task: ServiceUnderTest) -> None:
        async with task.database.transaction() as session:
            savepoint = await session.begin_nested()
            assert await claim_key(session, IdempotencyClaim("ada", "k", "hash")) is None
            await savepoint.rollback()
            assert CLAIMED not in session.info
            await UnitOfWork.begin(session, act_for("ada"))
            async with task.database.transaction() as other:
                assert not await other.scalar(text(LOCK_USER))


class TestATask:
    @fuzzy
    @given(new_tasks)
    async def test_is_stored_as_the_orm_would_store_it(self, task: ServiceUnderTest, drawn: NewTask) -> None:
        ours, plain = model_of(drawn), model_of(drawn).model_dump() | {"id": new_id()}
        ours.id = new_id()
        async with task.database.transaction() as session:
            session.add(ours)
            await session.execute(insert(Task), [plain])
        assert await stored(task, ours.id) == await stored(task, plain["id"])

    @fuzzy
    @given(new_tasks, new_tasks)
    async def test_is_changed_as_the_orm_would_change_it(
        self, task: ServiceUnderTest, first: NewTask, then: NewTask
    ) -> None:
        id, changed = new_id(), model_of(then).model_dump(exclude={"id"})
        async with task.database.transaction() as session:
            session.add(Task(**model_of(first).model_dump() | {"id": id}))
        async with task.database.transaction() as session:
            (await session.get_one(Task, id)).sqlmodel_update(changed)
        async with task.database.reading() as session:
            assert (await session.get_one(Task, id)).model_dump(exclude={"id"}) == changed

    async def test_without_a_date_is_due_after_all_dates(self, task: ServiceUnderTest) -> None:
        id = (await made(task))["id"]
        await task.client.patch(f"/tasks/{id}", json={"priority": 2})
        assert (await task.client.get("/tasks?saved=upcoming")).json()["items"] == []

    async def test_that_is_flushed_is_found_also_after_an_earlier_commit(
        self, task: ServiceUnderTest
    ) -> None:
        async with task.database.transaction() as session:
            for id in ("first", "second"):
                session.add(plain(id))
                await session.flush()
                assert await session.scalar(text("SELECT count(*) FROM task WHERE id = :id"), {"id": id}) == 1
                await session.commit()

    async def test_that_was_added_can_be_changed_at_once(self, task: ServiceUnderTest) -> None:
        new = plain(new_id())
        async with task.database.transaction() as session:
            session.add(new)
            await session.flush()
            new.title = "tea"
            await session.flush()
            new.priority = 3
        async with task.database.reading() as session:
            found = await session.get_one(Task, new.id)
        assert (found.title, found.priority) == ("tea", 3)


class TestARollback:
    async def test_takes_the_values_of_before(self, task: ServiceUnderTest) -> None:
        new = plain(new_id())
        async with task.database.transaction() as session:
            session.add(new)
        async with task.database.transaction() as session:
            kept = await session.get_one(Task, new.id)
            savepoint = await session.begin_nested()
            kept.title = "tea"
            await session.flush()
            await savepoint.rollback()
            found = await TaskRepository(session, "ada").lock_task(new.id)
            assert found
            assert found.title == "milk"

    async def test_leaves_room_for_another_of_the_same_id(self, task: ServiceUnderTest) -> None:
        tasks = [plain("one", title) for title in ("milk", "tea")]
        async with task.database.transaction() as session:
            savepoint = await session.begin_nested()
            session.add(tasks[0])
            await session.flush()
            await savepoint.rollback()
            session.add(tasks[1])
        async with task.database.reading() as session:
            assert (await session.get_one(Task, "one")).title == "tea"

    async def test_leaves_nothing_of_what_was_put_aside(self, task: ServiceUnderTest) -> None:
        row = {"topic": "t", "key": "ada", "event_id": "1", "payload": "{}", "recorded_at": NOW}
        async with task.database.transaction() as session:
            savepoint = await session.begin_nested()
            defer_rows(session, OUTBOX, row)
            await savepoint.rollback()
            defer_rows(session, OUTBOX, row | {"event_id": "2"})
        async with task.database.reading() as session:
            assert list(await session.scalars(select(col(OutboxRow.event_id)))) == ["2"]

    async def test_to_a_savepoint_keeps_what_was_put_aside_before_it(self, task: ServiceUnderTest) -> None:
        row = {"topic": "t", "key": "ada", "payload": "{}", "recorded_at": NOW}
        async with task.database.transaction() as session:
            defer_rows(session, OUTBOX, row | {"event_id": "1"})
            savepoint = await session.begin_nested()
            defer_rows(session, OUTBOX, row | {"event_id": "2"})
            await savepoint.rollback()
        async with task.database.reading() as session:
            assert list(await session.scalars(select(col(OutboxRow.event_id)))) == ["1"]

    async def test_to_a_savepoint_keeps_what_was_changed_before_it(self, task: ServiceUnderTest) -> None:
        id = (await made(task))["id"]
        async with task.database.transaction() as session:
            found = await TaskRepository(session, "ada").lock_task(id)
            assert found
            found.complete(NOW)
            savepoint = await session.begin_nested()
            found.reopen(NOW)
            await session.flush()
            await savepoint.rollback()
        assert [each["type"] for each in await task.recorded()] == [
            "todo.task.created.v1",
            "todo.task.completed.v1",
        ]
        (change,) = (await task.client.get("/changes")).json()["items"]
        assert (change["task"]["done"], change["task"]["version"]) == (True, 2)

    async def test_takes_back_what_had_not_been_flushed(self, task: ServiceUnderTest) -> None:
        id = (await made(task))["id"]
        async with task.database.transaction() as session:
            found = await TaskRepository(session, "ada").lock_task(id)
            assert found
            savepoint = await session.begin_nested()
            found.complete(NOW)
            await savepoint.rollback()
            found = await TaskRepository(session, "ada").lock_task(id)
            assert found
            found.move("W", NOW)
        types = [each["type"] for each in await task.recorded()]
        assert types == ["todo.task.created.v1", "todo.task.updated.v1"]

    async def test_of_a_command_takes_back_all_it_told(self, task: ServiceUnderTest) -> None:
        task.database.session_info[LIMITS] |= {"tasks": 1}
        commands = [{"uuid": new_id(), "type": "task.create", "body": {"title": t}} for t in ("a", "b", "c")]
        response = await task.client.post("/batch", json={"commands": commands}, headers=once())
        assert [each["status"] for each in response.json()["results"]] == [201, 409, 409]
        assert [await number_of(task, model) for model in (Task, Activity, OutboxRow)] == [1, 1, 1]
        used = {each["name"]: each["used"] for each in (await task.client.get("/usage")).json()["items"]}
        assert (used["tasks"], used["bytes_of_text"]) == (1, 1)
        assert len((await task.client.get("/changes")).json()["items"]) == 1


class TestActivity:
    async def test_is_exact_also_of_changes_in_one_flush(self, task: ServiceUnderTest) -> None:
        id = (await made(task))["id"]
        async with task.database.transaction() as session:
            found = await TaskRepository(session, "ada").lock_task(id)
            assert found
            found.update({"title": "tea"}, "UTC", NOW)
            found.update({"priority": 2}, "UTC", NOW)
        lines = (await task.client.get(f"/tasks/{id}/activity")).json()["items"]
        assert [each["after"] for each in lines[:2]] == [{"priority": 2}, {"title": "tea"}]
        assert [each["before"] for each in lines[:2]] == [{"priority": 0}, {"title": "milk"}]


class TestAKeyThatComesTwiceAtOnce:
    async def test_makes_one_task_with_one_event(self, task: ServiceUnderTest) -> None:
        key = once()
        responses = await asyncio.gather(
            *(task.client.post("/tasks", json={"title": "x"}, headers=key) for _ in range(3))
        )
        assert {response.json()["id"] for response in responses} == {responses[0].json()["id"]}
        assert [await number_of(task, model) for model in (Task, Activity, OutboxRow)] == [1, 1, 1]
