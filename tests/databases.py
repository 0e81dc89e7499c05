"""The databases that tests of persistence run on, each test twice: on SQLite and on PostgreSQL.

An empty one costs little. One with the tables of a service is a copy of a template that is migrated once
a run: the migrations of the task service alone take 0.2 s of a processor, more than most tests.
"""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol
from uuid import uuid4

import asyncpg
import pytest

from contracts.names import App
from devstack import processes, servers
from devstack.addresses import Addresses, assign_addresses, find_free_offset
from devstack.paths import RunFolder
from servicekit.migrations import migrate
from servicekit.persistence.database import Database

PORT_OFFSET = 3000
PROMPT_STOP = 5


class Databases(Protocol):
    """Makes databases of one kind. Each method returns a URL of SQLAlchemy's."""

    async def make_empty(self) -> str: ...

    async def make_migrated(self, app: App) -> str:
        """One with the tables of `app`."""
        ...

    async def drop_all(self) -> None:
        """Drop what was made, templates aside."""
        ...


@dataclass(slots=True)
class SqliteDatabases:
    """Files in `folder`; templates lie in `templates`, which outlives a test."""

    folder: Path
    templates: Path

    async def make_empty(self) -> str:
        return _sqlite_url(self.folder / f"{uuid4().hex}.db")

    async def make_migrated(self, app: App) -> str:
        template = self.templates / f"{app}.db"
        if not template.exists():
            await _migrate(app, _sqlite_url(template))
        copy = self.folder / f"{uuid4().hex}.db"
        await asyncio.to_thread(shutil.copyfile, template, copy)
        return _sqlite_url(copy)

    async def drop_all(self) -> None:
        """Nothing: pytest clears its folders away itself."""


@dataclass(slots=True)
class PostgresDatabases:
    """Databases of the server at `where`; `templates` outlives a test."""

    where: Addresses
    templates: dict[App, str]
    _made: list[str] = field(default_factory=list)

    async def make_empty(self) -> str:
        name = f"test_{uuid4().hex}"
        await self._run(f'CREATE DATABASE "{name}" OWNER {servers.POSTGRES_ROLE}')
        self._made.append(name)
        return self._url(name)

    async def make_migrated(self, app: App) -> str:
        template = self.templates.get(app)
        if template is None:
            template = f"template_{app}"
            await self._run(f'CREATE DATABASE "{template}" OWNER {servers.POSTGRES_ROLE}')
            await _migrate(app, self._url(template))
            self.templates[app] = template
        name = f"test_{uuid4().hex}"
        owned = f'"{name}" OWNER {servers.POSTGRES_ROLE} TEMPLATE "{template}"'
        await self._run(f"CREATE DATABASE {owned} STRATEGY FILE_COPY")
        self._made.append(name)
        return self._url(name)

    async def drop_all(self) -> None:
        for name in self._made:
            await self._run(f'DROP DATABASE "{name}" WITH (FORCE)')

    def _url(self, name: str) -> str:
        return servers.postgres_url(self.where).format(app=name)

    async def _run(self, statement: str) -> None:
        # As the superuser: autovacuum may be at work in a database that is dropped, and only they may end it.
        dsn = servers.postgres_dsn(self.where, "postgres")
        admin = await asyncpg.connect(dsn, user=servers.POSTGRES_SUPERUSER)
        try:
            await admin.execute(statement)
        finally:
            await admin.close()


def _sqlite_url(path: Path) -> str:
    return f"sqlite+aiosqlite:///{path}"


async def _migrate(app: App, url: str) -> None:
    database = Database(app, url)
    try:
        await migrate(database)
    finally:
        await database.close()


@pytest.fixture(scope="session")
def postgres_folder() -> Iterator[RunFolder]:
    """Where PostgreSQL keeps its data and its log.

    Not in pytest's own folder: PostgreSQL may run as another account, and each pytest that starts
    closes that folder to others again.
    """
    folder = RunFolder(Path(tempfile.mkdtemp(prefix="todo-postgres-")))
    folder.path.chmod(0o755)
    folder.make()
    yield folder
    shutil.rmtree(folder.path, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres(postgres_folder: RunFolder) -> Iterator[Addresses]:
    """A PostgreSQL server of this test run."""
    where = assign_addresses(offset=find_free_offset(PORT_OFFSET))
    process = servers.start_postgres(postgres_folder, where, durable=False)
    servers.wait_for_databases(where)
    yield where
    processes.stop_process(postgres_folder, process, seconds=PROMPT_STOP)


@pytest.fixture(scope="session")
def sqlite_templates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("templates")


@pytest.fixture(scope="session")
def postgres_templates() -> dict[App, str]:
    return {}


@pytest.fixture(params=["sqlite", "postgres"])
async def databases(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Databases]:
    """Makes databases for one test, once on SQLite and once on PostgreSQL."""
    made: Databases
    if request.param == "sqlite":
        made = SqliteDatabases(tmp_path, request.getfixturevalue("sqlite_templates"))
    else:
        server = request.getfixturevalue("postgres")
        made = PostgresDatabases(server, request.getfixturevalue("postgres_templates"))
    async with _dropping(made):
        yield made


@pytest.fixture
async def postgres_databases(
    postgres: Addresses, postgres_templates: dict[App, str]
) -> AsyncIterator[PostgresDatabases]:
    """Makes databases for a test of what SQLite has not."""
    made = PostgresDatabases(postgres, postgres_templates)
    async with _dropping(made):
        yield made


@asynccontextmanager
async def _dropping(made: Databases) -> AsyncIterator[None]:
    try:
        yield
    finally:
        await made.drop_all()


@pytest.fixture
async def database_url(databases: Databases) -> str:
    """The URL of an empty database."""
    return await databases.make_empty()
