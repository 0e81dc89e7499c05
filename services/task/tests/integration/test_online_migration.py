"""A migration comes while people write and one transaction stays open; on PostgreSQL."""

import asyncio
import shutil
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from task_service.main import create
from task_service.settings import Settings

from conftest import OpenService, ServiceUnderTest
from contracts.names import App
from migrator import LockPolicy, TablesLocked, migrate_online, run_revisions
from servicekit.migrations import MIGRATION_LOCK, find_migrations_folder
from servicekit.web.ids import new_id
from tests.databases import PostgresDatabases
from tests.upgrading import upgrade_to

HELD_SECONDS = 4
LOCK_SECONDS = 0.5
LONGEST_PAUSE = 0.5
BUSY_SECONDS = 1
"""How late PostgreSQL may be to end a wait, on a machine that does other things."""
WRITERS = ("ada", "bob", "cleo", "dora")
NEXT = """
import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = "{head}"


def upgrade() -> None:
    op.add_column("task", sa.Column("estimate", sa.Integer))
"""
HAS_ESTIMATE = "SELECT count(*) FROM information_schema.columns WHERE column_name = 'estimate'"
LONGEST_WAIT = """
SELECT coalesce(max(extract(epoch FROM clock_timestamp() - waitstart)), 0) FROM pg_locks
WHERE mode = 'AccessExclusiveLock'
AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
"""Of those who wait for a table to themselves, and make every writer wait behind them. [s]"""
WITH_POLICY = "SELECT polrelid::regclass::text FROM pg_policy"


@pytest.fixture
async def task(open_service: OpenService) -> ServiceUnderTest:
    found = await open_service(create, Settings)
    if found.database.is_sqlite:
        pytest.skip("SQLite has one writer at a time")
    return found


@pytest.fixture
def next_release(tmp_path: Path) -> ScriptDirectory:
    """The revisions there are, and one more."""
    folder = find_migrations_folder(App.TASK) / "versions"
    shutil.copytree(folder, tmp_path / "versions", ignore=shutil.ignore_patterns("__pycache__"))
    head = ScriptDirectory(str(tmp_path)).get_current_head()
    (tmp_path / "versions" / "9999_estimate.py").write_text(NEXT.format(head=head))
    return ScriptDirectory(str(tmp_path))


async def migrate(engine: AsyncEngine, scripts: ScriptDirectory, attempts: int, to: str = "head") -> None:
    policy = LockPolicy(lock_timeout=LOCK_SECONDS, attempts=attempts, pause=0.2, longest_pause=LONGEST_PAUSE)
    run = partial(run_revisions, scripts=scripts, to=to)
    await migrate_online(engine, run, key=MIGRATION_LOCK, policy=policy)


async def values(engine: AsyncEngine, query: str) -> set[object]:
    async with engine.connect() as connection:
        return set((await connection.scalars(text(query))).all())


@asynccontextmanager
async def reading(engine: AsyncEngine, table: str) -> AsyncIterator[None]:
    """A transaction that has read the table and stays open."""
    async with engine.connect() as connection, connection.begin():
        await connection.execute(text(f"SELECT 1 FROM {table} LIMIT 1"))
        yield


@asynccontextmanager
async def writing(task: ServiceUnderTest) -> AsyncIterator[list[float]]:
    """People who add task after task; when each request was answered."""
    answered: list[float] = []
    ended = asyncio.Event()

    async def add_tasks(user: str) -> None:
        headers = {"authorization": f"Bearer {user}"}
        while not ended.is_set():
            response = await task.client.post("/tasks", json={"title": "milk"}, headers=headers)
            answered.append(time.monotonic())
            assert response.status_code == 201, response.text
            await asyncio.sleep(0.02)

    async with asyncio.TaskGroup() as group:
        for user in WRITERS:
            group.create_task(add_tasks(user))
        await asyncio.sleep(0.5)
        try:
            yield answered
        finally:
            ended.set()


@asynccontextmanager
async def watching_locks(engine: AsyncEngine) -> AsyncIterator[list[float]]:
    """How long migrations have waited, by PostgreSQL's clock: a request may be late for other reasons."""
    waits: list[float] = []
    ended = asyncio.Event()

    async def look() -> None:
        async with engine.connect() as connection:
            await connection.execution_options(isolation_level="AUTOCOMMIT")
            while not ended.is_set():
                waits.append(float(await connection.scalar(text(LONGEST_WAIT)) or 0))
                await asyncio.sleep(0.05)

    async with asyncio.TaskGroup() as group:
        group.create_task(look())
        try:
            yield waits
        finally:
            ended.set()


def count_turns(answered: list[float], began: float, ended: float) -> int:
    """In how many periods of one wait and its pause somebody was answered."""
    period = LOCK_SECONDS + LONGEST_PAUSE
    return len({int((moment - began) / period) for moment in answered if began <= moment < ended})


class TestMigrationUnderLoad:
    async def test_lets_writers_go_on_and_succeeds_in_the_end(
        self, task: ServiceUnderTest, next_release: ScriptDirectory
    ) -> None:
        engine = create_async_engine(task.database.url)
        async with writing(task) as answered, watching_locks(engine) as waits:
            async with reading(engine, "task"):
                began = time.monotonic()
                migrating = asyncio.create_task(migrate(engine, next_release, attempts=50))
                await asyncio.sleep(HELD_SECONDS)
                assert not migrating.done()
                turns = count_turns(answered, began + LOCK_SECONDS, time.monotonic())
            await asyncio.wait_for(migrating, 60)
        assert await values(engine, HAS_ESTIMATE) == {1}
        assert turns >= 2
        assert LOCK_SECONDS / 2 < max(waits) < LOCK_SECONDS + BUSY_SECONDS
        await engine.dispose()

    async def test_gives_up_and_leaves_the_schema_if_its_table_is_never_free(
        self, task: ServiceUnderTest, next_release: ScriptDirectory
    ) -> None:
        engine = create_async_engine(task.database.url)
        head = await values(engine, "SELECT version_num FROM alembic_version")
        async with writing(task), watching_locks(engine) as waits, reading(engine, "task"):
            with pytest.raises(TablesLocked, match=r"got no lock in 3 attempts.*idle in transaction"):
                await migrate(engine, next_release, attempts=3)
        assert await values(engine, HAS_ESTIMATE) == {0}
        assert await values(engine, "SELECT version_num FROM alembic_version") == head
        assert LOCK_SECONDS / 2 < max(waits) < LOCK_SECONDS + BUSY_SECONDS
        await engine.dispose()


class TestRowLevelSecurity:
    """Revision 0022 changes thirteen tables."""

    @pytest.fixture
    async def engine(self, postgres_databases: PostgresDatabases) -> AsyncIterator[AsyncEngine]:
        made = create_async_engine(await postgres_databases.make_empty())
        async with made.begin() as connection:
            await connection.run_sync(upgrade_to, App.TASK, "0021")
        yield made
        await made.dispose()

    async def test_goes_on_with_the_tables_it_had_not_come_to(self, engine: AsyncEngine) -> None:
        scripts = ScriptDirectory(str(find_migrations_folder(App.TASK)))
        async with reading(engine, "activity"):
            with pytest.raises(TablesLocked):
                await migrate(engine, scripts, attempts=1, to="0022")
        first = {"task", "project", "label", "saved_filter", "task_label"}
        assert await values(engine, WITH_POLICY) == first
        async with reading(engine, "task"):  # is not locked again
            await migrate(engine, scripts, attempts=1, to="0022")
        found = await values(engine, "SELECT relname FROM pg_class WHERE relforcerowsecurity")
        assert found == await values(engine, WITH_POLICY) != first
        assert len(found) == 13

    async def test_holds_no_table_while_it_waits_for_another(self, engine: AsyncEngine) -> None:
        scripts = ScriptDirectory(str(find_migrations_folder(App.TASK)))
        async with reading(engine, "calendar_feed"):
            migrating = asyncio.create_task(migrate(engine, scripts, attempts=50, to="0022"))
            await asyncio.sleep(1)
            async with engine.begin() as writer:
                await writer.execute(text("SET LOCAL lock_timeout = 1"))
                row = {"id": new_id(), "key": "k"}
                columns = "(id, user_id, name, key, search_key, position, version, created_at, updated_at)"
                values = "(:id, 'ada', 'n', :key, 'k', 'a', 1, now(), now())"
                await writer.execute(text(f"INSERT INTO label {columns} VALUES {values}"), row)
            assert not migrating.done()
        await migrating
