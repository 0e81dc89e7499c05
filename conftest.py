"""For every test: unit tests reach no network; tests of persistence run on both databases."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
import pytest_socket

from devstack import processes, servers
from devstack.addresses import Addresses, addresses
from devstack.places import RunFolder
from devstack.toolbox.debian import POSTGRES
from devstack.toolbox.ensure import ensure

PORT_OFFSET = 3000
PROMPT_STOP = 5


def pytest_runtest_setup(item: pytest.Item) -> None:
    if "unit" in item.path.parts:
        pytest_socket.disable_socket(allow_unix_socket=True)


def pytest_runtest_teardown() -> None:
    pytest_socket.enable_socket()


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Addresses]:
    """A PostgreSQL server of this test run."""
    ensure([POSTGRES])
    folder = RunFolder(_open_to_all(tmp_path_factory.mktemp("postgres")))
    folder.make()
    where = replace(addresses(offset=PORT_OFFSET), postgres=addresses(offset=PORT_OFFSET).postgres + 1)
    process = servers.start_postgres(folder, where, durable=False)
    servers.wait_for_databases(where)
    yield where
    processes.stop(folder, process, seconds=PROMPT_STOP)


@pytest.fixture(params=["sqlite", "postgres"])
async def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    """The URL of an empty database, once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        yield f"sqlite+aiosqlite:///{tmp_path}/test.db"
        return
    where: Addresses = request.getfixturevalue("postgres")
    name = f"test_{uuid4().hex}"
    admin = await asyncpg.connect(servers.postgres_dsn(where, "postgres"))
    await admin.execute(f'CREATE DATABASE "{name}"')
    yield servers.postgres_url(where).format(app=name)
    await admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    await admin.close()


def _open_to_all(folder: Path) -> Path:
    """PostgreSQL may run as another account, which has to get through the folders above its own."""
    for parent in [folder, *folder.parents]:
        if parent == Path("/tmp") or parent == Path("/"):
            break
        parent.chmod(parent.stat().st_mode | 0o055)
    return folder
