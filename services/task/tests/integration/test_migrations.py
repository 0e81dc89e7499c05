"""What the migrations make of tasks that are there already. On both databases."""

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Connection, DateTime, MetaData, Table, column, select, text
from sqlalchemy import table as sql_table
from sqlmodel import col
from task_service.models import NEVER, Label, Project, SavedFilter, Task, TaskLabel, TaskText
from task_service.quotas.models import AccountUsage

from contracts.names import App
from servicekit.migrations import migrate
from servicekit.persistence.database import Database
from tests.upgrading import upgrade_to

MADE = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
DUE = {"due_at": MADE, "due_date": MADE.date()}


def insert_rows(connection: Connection, name: str, *rows: dict[str, Any]) -> None:
    """Rows without JSON."""
    kinds = {name: DateTime(timezone=True) for name in ("created_at", "updated_at")}
    columns = [column(name, kinds.get(name)) for name in rows[0]]
    connection.execute(sql_table(name, *columns).insert(), list(rows))


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


class TestNames:
    """Revision 0016 had keys without accents: é was e, ł was ł, が was か."""

    async def test_are_known_by_what_they_are_and_found_without_accents(self, database_url: str) -> None:
        names = {"resume": "Résumé", "łodz": "Łódź", "かき": "がき", "home": "Home"}
        database = Database(App.TASK, database_url)
        async with database.engine.begin() as connection:
            await connection.run_sync(upgrade_to, App.TASK, "0016")
            await connection.run_sync(
                insert_old,
                {"id": "a", "title": "Łódź – todo’s", "notes": "ｶﾞ", "labels": ["Résumé", "Łódź", "がき"]},
                {"id": "b", "title": "plain", "labels": ["Home"]},
            )
            await connection.run_sync(
                insert_rows,
                "task_text",
                {"user_id": "ada", "task_id": "a", "title": "łodz – todo’s", "notes": "カ", "labels": "…"},
                {"user_id": "ada", "task_id": "b", "title": "plain", "notes": "", "labels": "home"},
            )
            of_a = [{"user_id": "ada", "task_id": "a", "key": key} for key in ("resume", "łodz", "かき")]
            of_b = {"user_id": "ada", "task_id": "b", "key": "home"}
            await connection.run_sync(insert_rows, "task_label", *of_a, of_b)
            for table, more in (
                ("label", {}),
                ("project", {"archived": False}),
                ("saved_filter", {"filter": "done"}),
            ):
                common = {"user_id": "ada", "position": "V", "version": 1, "created_at": MADE, **more}
                rows = [
                    common | {"id": f"{table} {key}", "name": name, "key": key, "updated_at": MADE}
                    for key, name in names.items()
                ]
                await connection.run_sync(insert_rows, table, *rows)
        await migrate(database)
        models: list[Any] = [Label, Project, SavedFilter]
        async with database.reading() as session:
            texts = (await session.scalars(select(TaskText).order_by("task_id"))).all()
            labelled = (await session.scalars(select(TaskLabel))).all()
            keys = {
                model: {row.name: row.key for row in await session.scalars(select(model))} for model in models
            }
            search_keys = {row.name: row.search_key for row in await session.scalars(select(Label))}
            projects = {row.name: row.search_key for row in await session.scalars(select(Project))}
        await database.close()
        assert [(text.title, text.notes, text.labels) for text in texts] == [
            ("lodz - todo's", "ガ", "resume\nlodz\nがき"),
            ("plain", "", "home"),
        ]
        assert sorted((row.task_id, row.key) for row in labelled) == [
            ("a", "résumé"),
            ("a", "łódź"),
            ("a", "がき"),
            ("b", "home"),
        ]
        own = {"Résumé": "résumé", "Łódź": "łódź", "がき": "がき", "Home": "home"}
        assert list(keys.values()) == [own, own, own]
        assert search_keys == projects == {"Résumé": "resume", "Łódź": "lodz", "がき": "がき", "Home": "home"}


class TestNever:
    async def test_of_imported_tasks_is_that_of_all_others(self, database_url: str) -> None:
        """Imports stored its text, for which PostgreSQL has another moment than the driver has."""
        database = Database(App.TASK, database_url)
        async with database.engine.begin() as connection:
            await connection.run_sync(upgrade_to, App.TASK, "0020")
            await connection.run_sync(
                insert_old, *({"id": each, "title": each, "due_by": MADE} for each in "ab")
            )
            await connection.execute(
                text(f"UPDATE task SET due_by = '{NEVER:%Y-%m-%d %H:%M:%S.%f%z}' WHERE id = 'a'")
            )
        await migrate(database)
        async with database.reading() as session:
            due = (await session.scalars(select(col(Task.id)).where(col(Task.due_by) < NEVER))).all()
            never = (await session.scalars(select(col(Task.due_by)).where(col(Task.id) == "a"))).one()
        await database.close()
        assert list(due) == ["b"]
        assert never == NEVER
