"""What the migrations make of tasks that are there already. On both databases."""

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Connection, MetaData, Table, select
from sqlmodel import col
from task_service.models import NEVER, Label, Task, TaskLabel, TaskText
from task_service.quotas.models import AccountUsage

from contracts.names import App
from servicekit.database import Database
from servicekit.migrations import migrate
from tests.upgrading import upgrade_to

MADE = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
DUE = {"due_at": MADE, "due_date": MADE.date()}


def insert_old(connection: Connection, *rows: dict[str, Any]) -> None:
    table = Table("task", MetaData(), autoload_with=connection)
    usual = {"user_id": "ada", "notes": "", "done": False, "priority": 0, "position": "a", "version": 1}
    for row in rows:
        values = usual | {"labels": [], "created_at": MADE, "updated_at": MADE} | row
        connection.execute(table.insert(), values)


class TestStructure:
    async def test_is_made_of_the_tasks_there_are(self, database_url: str) -> None:
        database = Database(App.TASK, database_url)
        async with database.engine.begin() as connection:
            await connection.run_sync(upgrade_to, App.TASK, "0002")
            await connection.run_sync(
                insert_old,
                {"id": "a", "title": "Crème", "labels": ["Home", "x"], "due_date": date(2026, 5, 1)},
                {
                    "id": "b",
                    "title": "below",
                    "parent_id": "a",
                    "done": True,
                    "due_at": MADE,
                    "due_date": MADE.date(),
                },
                {"id": "c", "title": "below, too", "parent_id": "a", "labels": ["HOME"]},
            )
        await migrate(database)
        async with database.reading() as session:
            a, b, c = (await session.scalars(select(Task).order_by("id"))).all()
            texts = (await session.scalars(select(col(TaskText.title)).order_by("task_id"))).all()
            labelled = (await session.scalars(select(col(TaskLabel.key)))).all()
            names = (await session.scalars(select(col(Label.name)))).all()
        await database.close()
        assert (a.subtasks_done, a.subtasks_total, b.subtasks_total) == (1, 2, 0)
        assert a.due_by == datetime(2026, 5, 1, 23, 59, 59, 999999, UTC)
        assert (b.due_by, c.due_by) == (MADE, NEVER)
        assert list(texts) == ["creme", "below", "below, too"]
        assert sorted(labelled) == ["home", "home", "x"]
        assert sorted(names) == ["Home", "x"]


class TestUsage:
    async def test_counts_what_there_is(self, database_url: str) -> None:
        database = Database(App.TASK, database_url)
        async with database.engine.begin() as connection:
            await connection.run_sync(upgrade_to, App.TASK, "0013")
            await connection.run_sync(
                insert_old,
                {"id": "a", "title": "Köln", "notes": "🎉"},
                {"id": "b", "title": "gone", "deleted_at": MADE},
                {"id": "c", "title": "x", "user_id": "bob"},
            )
        await migrate(database)
        async with database.reading() as session:
            ada, bob = (await session.scalars(select(AccountUsage).order_by("user_id"))).all()
        await database.close()
        assert (ada.tasks, ada.bytes_of_text, ada.trashed_tasks, ada.bytes_in_trash) == (1, 9, 1, 4)
        assert (bob.tasks, bob.bytes_of_text, bob.trashed_tasks, bob.labels) == (1, 1, 0, 0)
