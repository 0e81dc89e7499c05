"""Revisions on a PostgreSQL that others use: their locks, their turn, and what stays when they fail."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from migrator import LockPolicy, TablesLocked, migrate_online, run_revisions
from tests.databases import PostgresDatabases

KEY = 4711
PATIENT = LockPolicy(lock_timeout=0.2, attempts=50, pause=0.1, longest_pause=0.2)
IMPATIENT = LockPolicy(lock_timeout=0.2, attempts=2, pause=0.1)

REVISION = """
import sqlalchemy as sa
from alembic import op

from migrator import create_index_concurrently, execute_separately

revision = "{number}"
down_revision = {before!r}


def upgrade() -> None:
    {body}
"""
FIRST = """for name in ("item", "note"):
        op.create_table(name, sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String))"""


@pytest.fixture
async def engine(postgres_databases: PostgresDatabases) -> AsyncIterator[AsyncEngine]:
    made = create_async_engine(await postgres_databases.make_empty())
    yield made
    await made.dispose()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path, FIRST)
    return tmp_path


def write(folder: Path, body: str) -> None:
    """One more revision."""
    versions = folder / "versions"
    versions.mkdir(exist_ok=True)
    before = len(list(versions.glob("*.py")))
    name = f"{before + 1:04d}"
    text = REVISION.format(number=name, before=f"{before:04d}" if before else None, body=body)
    (versions / f"{name}_step.py").write_text(text)


async def migrate(engine: AsyncEngine, folder: Path, policy: LockPolicy = PATIENT) -> None:
    run = partial(run_revisions, scripts=ScriptDirectory(str(folder)))
    await migrate_online(engine, run, key=KEY, policy=policy)


async def scalar(engine: AsyncEngine, query: str) -> object:
    async with engine.connect() as connection:
        return await connection.scalar(text(query))


async def columns(engine: AsyncEngine, table: str) -> set[str]:
    query = "SELECT string_agg(column_name, ',') FROM information_schema.columns WHERE table_name = '{}'"
    return set(str(await scalar(engine, query.format(table))).split(","))


@asynccontextmanager
async def reading(engine: AsyncEngine, *tables: str) -> AsyncIterator[AsyncConnection]:
    """A transaction that has read these tables and stays open."""
    async with engine.connect() as connection, connection.begin():
        for table in tables:
            await connection.execute(text(f"SELECT 1 FROM {table}"))
        yield connection


class TestRevision:
    async def test_is_tried_again_until_its_table_is_free(self, engine: AsyncEngine, folder: Path) -> None:
        await migrate(engine, folder)
        write(folder, 'op.add_column("item", sa.Column("size", sa.Integer))')
        async with reading(engine, "item"):
            migrating = asyncio.create_task(migrate(engine, folder))
            await asyncio.sleep(1)
            assert not migrating.done()
        await migrating
        assert "size" in await columns(engine, "item")

    async def test_that_never_gets_its_table_says_who_has_it_and_leaves_the_schema(
        self, engine: AsyncEngine, folder: Path
    ) -> None:
        await migrate(engine, folder)
        write(folder, 'op.add_column("note", sa.Column("size", sa.Integer))')
        write(folder, 'for name in ("note", "item"): op.add_column(name, sa.Column("x", sa.Integer))')
        async with reading(engine, "item") as holder:
            pid = await holder.scalar(text("SELECT pg_backend_pid()"))
            with pytest.raises(
                TablesLocked, match=f"after 0002 got no lock in 2 attempts.*pid {pid}, idle in tr"
            ):
                await migrate(engine, folder, IMPATIENT)
        assert await columns(engine, "note") == {"id", "name", "size"}
        assert await scalar(engine, "SELECT version_num FROM alembic_version") == "0002"

    async def test_with_another_error_is_not_tried_again(self, engine: AsyncEngine, folder: Path) -> None:
        await migrate(engine, folder)
        write(folder, 'op.execute("ALTER TABLE gone ADD COLUMN x integer")')
        with pytest.raises(ProgrammingError):
            await migrate(engine, folder)

    async def test_has_all_the_time_it_needs_once_it_has_its_locks(
        self, engine: AsyncEngine, folder: Path, postgres_databases: PostgresDatabases
    ) -> None:
        async with engine.begin() as connection:
            name = await connection.scalar(text("SELECT current_database()"))
            await connection.execute(text(f'ALTER DATABASE "{name}" SET statement_timeout = 100'))
        await engine.dispose()
        write(folder, 'op.execute("SELECT pg_sleep(0.5)")')
        await migrate(engine, folder)
        assert await scalar(engine, "SELECT version_num FROM alembic_version") == "0002"

    async def test_leaves_no_setting_and_no_lock_to_who_comes_next(
        self, engine: AsyncEngine, folder: Path
    ) -> None:
        await migrate(engine, folder)
        assert await scalar(engine, "SELECT current_setting('lock_timeout')") == "0"
        await asyncio.wait_for(_free(engine), 5)


async def _free(engine: AsyncEngine) -> None:
    while not await scalar(engine, f"SELECT pg_try_advisory_xact_lock({KEY})"):
        await asyncio.sleep(0.05)


class TestTurn:
    async def test_is_kept_while_a_revision_is_tried_again(self, engine: AsyncEngine, folder: Path) -> None:
        await migrate(engine, folder)
        await _free(engine)
        write(folder, 'op.add_column("item", sa.Column("size", sa.Integer))')
        async with reading(engine, "item"):
            migrating = asyncio.create_task(migrate(engine, folder))
            await asyncio.sleep(0.3)
            for _ in range(20):
                assert not await scalar(engine, f"SELECT pg_try_advisory_xact_lock({KEY})")
                await asyncio.sleep(0.05)
        await migrating

    async def test_of_two_that_start_together_comes_one_after_the_other(
        self, engine: AsyncEngine, folder: Path
    ) -> None:
        await migrate(engine, folder)
        write(
            folder, 'op.add_column("item", sa.Column("size", sa.Integer)); op.execute("SELECT pg_sleep(0.3)")'
        )
        write(folder, 'create_index_concurrently("item_name", "item", ["name"])')
        await asyncio.gather(*(migrate(engine, folder) for _ in range(3)))
        assert await scalar(engine, "SELECT version_num FROM alembic_version") == "0003"


class TestSeparateStatements:
    BODY = """execute_separately(
        f"ALTER TABLE {name} ADD COLUMN IF NOT EXISTS x integer" for name in ("item", "note")
    )"""

    async def test_hold_no_lock_while_they_wait_for_the_next(self, engine: AsyncEngine, folder: Path) -> None:
        await migrate(engine, folder)
        write(folder, self.BODY)
        async with reading(engine, "note"):
            migrating = asyncio.create_task(migrate(engine, folder))
            async with asyncio.timeout(5):
                while "x" not in await columns(engine, "item"):
                    await asyncio.sleep(0.05)
            async with engine.begin() as writer:
                await writer.execute(text("SET LOCAL lock_timeout = 1"))
                await writer.execute(text("INSERT INTO item (id) VALUES (1)"))
        await migrating
        assert "x" in await columns(engine, "note")


class TestConcurrentIndex:
    BODY = 'create_index_concurrently("item_name", "item", ["name"], unique=True)'
    VALID = "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('item_name')"

    async def test_is_made_beside_a_writer(self, engine: AsyncEngine, folder: Path) -> None:
        await migrate(engine, folder)
        write(folder, self.BODY)
        async with engine.connect() as writer:
            open_write = await writer.begin()
            await writer.execute(text("INSERT INTO item (id, name) VALUES (1, 'a')"))
            migrating = asyncio.create_task(migrate(engine, folder))
            await asyncio.sleep(1)  # longer than a revision may wait for a table
            async with engine.begin() as other:
                await other.execute(text("SET LOCAL lock_timeout = 1"))
                await other.execute(text("INSERT INTO item (id, name) VALUES (2, 'b')"))
            assert not migrating.done()
            await open_write.commit()
        await asyncio.wait_for(migrating, 10)
        assert await scalar(engine, self.VALID) is True

    async def test_that_was_left_invalid_is_made_again(self, engine: AsyncEngine, folder: Path) -> None:
        await migrate(engine, folder)
        write(folder, self.BODY)
        async with engine.begin() as connection:
            await connection.execute(text("INSERT INTO item (id, name) VALUES (1, 'a'), (2, 'a')"))
        with pytest.raises(Exception, match="item_name"):
            await migrate(engine, folder)
        assert await scalar(engine, self.VALID) is False
        async with engine.begin() as connection:
            await connection.execute(text("DELETE FROM item WHERE id = 2"))
        await migrate(engine, folder)
        assert await scalar(engine, self.VALID) is True

    async def test_that_is_there_already_stays(self, engine: AsyncEngine, folder: Path) -> None:
        await migrate(engine, folder)
        async with engine.begin() as connection:
            await connection.execute(text("CREATE UNIQUE INDEX item_name ON item (name)"))
        before = await scalar(engine, "SELECT to_regclass('item_name')::oid::int")
        write(folder, self.BODY)
        await migrate(engine, folder)
        assert await scalar(engine, "SELECT to_regclass('item_name')::oid::int") == before
