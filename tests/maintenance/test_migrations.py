"""Models and migrations agree, as `alembic check` sees it; on SQLite and PostgreSQL."""

import asyncio
import os
import shutil
import sys
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from contracts.names import App
from servicekit.migrations import find_migrations_folder
from tests.architecture.sources import ROOT
from tests.databases import Databases

STORING = [app for app in App if app is not App.FRONTEND]


async def alembic(
    app: App, url: str, *arguments: str, config: Path = ROOT / "alembic.ini"
) -> tuple[int, str]:
    """The exit code of the command, and all it said."""
    command = [sys.executable, "-m", "alembic", "-c", str(config), "-n", app, *arguments]
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=ROOT,
        env=os.environ | {"TODO_DATABASE_URL": url},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    return process.returncode or 0, output.decode()


async def change(url: str, statement: str) -> None:
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        await connection.execute(text(statement))
    await engine.dispose()


class TestCheck:
    @pytest.mark.parametrize("app", STORING)
    async def test_finds_nothing_after_all_migrations(self, app: App, databases: Databases) -> None:
        status, output = await alembic(app, await databases.make_migrated(app), "check")
        assert status == 0, output

    async def test_finds_a_column_that_no_migration_makes(self, databases: Databases) -> None:
        url = await databases.make_migrated(App.CHAT)
        await change(url, "ALTER TABLE outbox DROP COLUMN key")
        status, output = await alembic(App.CHAT, url, "check")
        assert status != 0
        assert "add_column" in output

    async def test_finds_a_table_that_no_model_has(self, databases: Databases) -> None:
        url = await databases.make_migrated(App.CHAT)
        await change(url, "CREATE TABLE leftover (id INTEGER PRIMARY KEY)")
        status, output = await alembic(App.CHAT, url, "check")
        assert status != 0
        assert "leftover" in output


class TestCommands:
    async def test_upgrade_makes_what_the_service_itself_would(self, databases: Databases) -> None:
        url = await databases.make_empty()
        assert await alembic(App.USER, url, "upgrade", "head") == (0, "")
        status, output = await alembic(App.USER, url, "check")
        assert status == 0, output

    async def test_revision_writes_the_next_number(self, databases: Databases, tmp_path: Path) -> None:
        shutil.copytree(find_migrations_folder(App.CHAT) / "versions", tmp_path / "versions")
        numbers = sorted(int(path.name[:4]) for path in (tmp_path / "versions").glob("0*.py"))
        config = tmp_path / "alembic.ini"
        here = f"version_locations = {tmp_path / 'versions'}\n"
        lines = (ROOT / "alembic.ini").read_text().replace("%(here)s", str(ROOT)).splitlines(keepends=True)
        config.write_text("".join(here if line.startswith("version_locations") else line for line in lines))
        url = await databases.make_migrated(App.CHAT)
        await change(url, "ALTER TABLE outbox DROP COLUMN key")
        options = ("--autogenerate", "-m", "add a key")
        status, output = await alembic(App.CHAT, url, "revision", *options, config=config)
        assert status == 0, output
        made = (tmp_path / "versions" / f"{numbers[-1] + 1:04d}_add_a_key.py").read_text()
        assert f'down_revision = "{numbers[-1]:04d}"' in made.replace("'", '"')
        assert "add_column" in made


def test_every_service_with_a_database_has_a_section() -> None:
    lines = (ROOT / "alembic.ini").read_text().splitlines()
    assert [line.removeprefix("app = ") for line in lines if line.startswith("app = ")] == sorted(STORING)
