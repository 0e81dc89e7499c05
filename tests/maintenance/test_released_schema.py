"""The last release works on the schema of now: what it had is there, and its rows are accepted."""

import copy
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import CursorResult, text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from contracts.names import App
from servicekit.migrations import find_migrations_folder
from tests.architecture.sources import ROOT
from tests.databases import PostgresDatabases
from tools.maintenance import release, released_schema
from tools.maintenance.released_schema import (
    STORING,
    Schema,
    describe_database,
    read_released,
    schema_breaks,
)

VALUES = {
    "VARCHAR": "'k{number}'",
    "INTEGER": "10{number}",
    "BIGINT": "10{number}",
    "BOOLEAN": "false",
    "JSON": "'[]'",
    "BYTEA": "''",
    "DATE": "'2026-01-0{number}'",
    "TIME WITHOUT TIME ZONE": "'12:00'",
    "TIMESTAMP WITH TIME ZONE": "'2026-01-0{number} 12:00+00'",
}
"""A value of each type, in SQL."""


def find_removals(app: App) -> dict[str, str]:
    """What revisions after the last release take away, as they say themselves."""
    scripts = ScriptDirectory(str(find_migrations_folder(app)))
    found: dict[str, str] = {}
    for script in scripts.iterate_revisions("head", read_released(app, ROOT)["revision"]):
        found |= getattr(script.module, "REMOVES", {})
    return found


async def write_and_read(
    connection: AsyncConnection, table: str, columns: Mapping[str, Schema], keys: list[list[str]], number: int
) -> None:
    """What code that knows these columns only does with a row: insert, select, and update it."""
    values = {
        name: VALUES[column["type"].partition("(")[0].partition(" COLLATE")[0]].format(number=number)
        for name, column in columns.items()
    }
    pairs = {name: f'"{name}" = {value}' for name, value in values.items()}
    names = ", ".join(f'"{name}"' for name in values)
    row = " AND ".join(pair for name, pair in pairs.items() if any(name in key for key in keys)) or "true"
    await run_sql(connection, f'INSERT INTO "{table}" ({names}) VALUES ({", ".join(values.values())})')
    assert (await run_sql(connection, f'SELECT {names} FROM "{table}" WHERE {row}')).first()
    await run_sql(connection, f'UPDATE "{table}" SET {", ".join(pairs.values())} WHERE {row}')


async def run_sql(connection: AsyncConnection, sql: str) -> CursorResult[Any]:
    return await connection.execute(text(sql.replace(":", r"\:")))


class TestLastRelease:
    @pytest.mark.parametrize("app", STORING)
    async def test_finds_all_it_had(self, app: App, postgres_databases: PostgresDatabases) -> None:
        now = await describe_database(app, await postgres_databases.make_empty())
        breaks = list(schema_breaks(read_released(app, ROOT)["tables"], now["tables"], find_removals(app)))
        assert not breaks, "docs/add-a-migration.md says how to expand and contract:\n" + "\n".join(breaks)

    @pytest.mark.parametrize("app", STORING)
    async def test_writes_and_reads_its_rows(self, app: App, postgres_databases: PostgresDatabases) -> None:
        """All columns it had, and only those it had to write."""
        removals = find_removals(app)
        engine = create_async_engine(await postgres_databases.make_migrated(app))
        async with engine.begin() as connection:
            for table, schema in _parents_first(read_released(app, ROOT)["tables"]).items():
                if table in removals:
                    continue
                columns = {
                    name: column
                    for name, column in schema["columns"].items()
                    if f"{table}.{name}" not in removals
                }
                required = {
                    name: column
                    for name, column in columns.items()
                    if not column["nullable"] and not column["default"]
                }
                await write_and_read(connection, table, columns, schema["keys"], 1)
                await write_and_read(connection, table, required, schema["keys"], 2)
        await engine.dispose()

    @pytest.mark.parametrize("app", STORING)
    async def test_has_its_schema_kept(self, app: App, postgres_databases: PostgresDatabases) -> None:
        released = read_released(app, ROOT)
        made = await describe_database(app, await postgres_databases.make_empty(), released["revision"])
        assert made == released


def _parents_first(tables: Schema) -> Schema:
    return dict(sorted(tables.items(), key=lambda item: item[0] != "user_account"))


def test_a_release_keeps_the_schemas_of_now(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def keep_schemas(*arguments: Any) -> str:
        *_, generate = arguments
        generate(tmp_path)
        return "v9.9.9"

    monkeypatch.setattr(release, "release", keep_schemas)
    monkeypatch.setattr(release, "write_api_types", lambda _: None)
    monkeypatch.setattr(sys, "argv", ["release", "9.9.9"])
    assert release.main() == 0
    for app in STORING:
        kept = read_released(app, tmp_path)
        assert kept["revision"] == ScriptDirectory(str(find_migrations_folder(app))).get_current_head()
        assert set(kept["tables"]) >= set(read_released(app, ROOT)["tables"]) - set(find_removals(app))


COLUMN = {"type": "VARCHAR", "nullable": False, "default": False}
OLD: Schema = {"task": {"columns": {"id": COLUMN, "title": COLUMN}, "keys": [["id"]]}}


def changed(**columns: Schema | None) -> Schema:
    """The table with other columns; None takes one away."""
    new = copy.deepcopy(OLD)
    new["task"]["columns"] = {
        name: column for name, column in (OLD["task"]["columns"] | columns).items() if column is not None
    }
    return new


class TestBreaks:
    def test_are_none_where_something_is_added(self) -> None:
        added = {"size": COLUMN | {"nullable": True}, "flag": COLUMN | {"default": True}}
        assert list(schema_breaks(OLD, changed(**added) | {"more": OLD["task"]})) == []

    @pytest.mark.parametrize(
        ("new", "found"),
        [
            ({}, "task: removed"),
            (changed(title=None), "task.title: removed"),
            (changed(title=None, name=COLUMN), "task.name: has to be written, and the last release doesn't"),
            (changed(title=COLUMN | {"type": "TEXT"}), "task.title: VARCHAR became TEXT"),
            (changed(size=COLUMN), "task.size: has to be written, and the last release doesn't"),
        ],
    )
    def test_are_found(self, new: Schema, found: str) -> None:
        assert found in list(schema_breaks(OLD, new))

    def test_are_columns_that_ask_for_more(self) -> None:
        easy = changed(title=COLUMN | {"nullable": True, "default": True})
        found = list(schema_breaks(easy, OLD))
        assert found == ["task.title: no longer nullable", "task.title: lost its default"]

    def test_are_keys_that_differ(self) -> None:
        new = copy.deepcopy(OLD)
        new["task"]["keys"] = [["id", "title"], ["title"]]
        assert list(schema_breaks(OLD, new)) == [
            "task: (id) no longer unique",
            "task: (id, title) newly unique",
            "task: (title) newly unique",
        ]

    def test_are_no_keys_of_columns_that_stay_empty(self) -> None:
        new = changed(code=COLUMN | {"nullable": True})
        new["task"]["keys"] = [["code"], ["id"]]
        assert list(schema_breaks(OLD, new)) == []

    def test_are_not_what_a_revision_says_it_removes(self) -> None:
        assert list(schema_breaks(OLD, changed(title=None), {"task.title": "0.1.0"})) == []
        assert list(schema_breaks(OLD, {}, {"task": "0.1.0"})) == []

    async def test_are_found_in_a_real_database(self, postgres_databases: PostgresDatabases) -> None:
        engine = create_async_engine(await postgres_databases.make_migrated(App.USER))
        async with engine.begin() as connection:
            for change in (
                "RENAME COLUMN name TO title",
                "ADD COLUMN size integer NOT NULL",
                "ADD UNIQUE (role)",
            ):
                await connection.execute(text(f"ALTER TABLE user_account {change}"))
            now = await connection.run_sync(released_schema.inspect_tables)
            found = list(schema_breaks(read_released(App.USER, ROOT)["tables"], now))
            with pytest.raises(Exception, match='column "name" of relation'):
                await write_and_read(connection, "user_account", {"name": COLUMN}, [], 1)
        await engine.dispose()
        assert found == [
            "user_account.name: removed",
            "user_account.size: has to be written, and the last release doesn't",
            "user_account.title: has to be written, and the last release doesn't",
            "user_account: (role) newly unique",
        ]
