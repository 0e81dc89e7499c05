"""A database that gives no connection, or no response: told at once, at the cost of one who tries."""

import asyncio
import os
import socket
import time
from collections.abc import AsyncIterator
from functools import partial
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from contracts.names import App
from devstack import servers
from devstack.addresses import Addresses
from servicekit.persistence import database as under_test
from servicekit.persistence.database import Database, DatabaseUnavailable, is_unavailable
from servicekit.persistence.dead_peers import SERVER_SETTINGS
from servicekit.web import health

CUT = text("SELECT pg_terminate_backend(pg_backend_pid())")
MISSING = text("SELECT * FROM nothing_of_this_name")


def url(where: Addresses, name: str, role: str = "todo") -> str:
    return servers.postgres_url(where).format(app=name).replace("todo@", f"{role}@")


@pytest.fixture
async def database(postgres: Addresses) -> AsyncIterator[Database]:
    database = Database(App.TASK, url(postgres, "postgres"))
    yield database
    await database.close()


def tries(database: Database, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """When a connection was asked for, from here on."""
    found: list[float] = []
    dialect: Any = database.engine.sync_engine.dialect
    connect = dialect.connect

    def noting(*args: Any, **options: Any) -> Any:
        found.append(time.monotonic())
        return connect(*args, **options)

    monkeypatch.setattr(dialect, "connect", noting)
    return found


class TestAServerThatGivesNoConnection:
    async def test_is_asked_by_one_in_a_while(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(under_test, "CONNECT_COOLDOWN_SECONDS", 0.2)
        nobody = Database(App.TASK, "postgresql+asyncpg://todo@127.0.0.1:1/none")
        attempts = tries(nobody, monkeypatch)
        until, refused = time.monotonic() + 0.5, 0
        while time.monotonic() < until:
            with pytest.raises(DatabaseUnavailable):
                await nobody.ping()
            refused += 1
            await asyncio.sleep(0.005)
        assert 2 <= len(attempts) <= 3 < refused
        await nobody.close()

    async def test_is_used_as_soon_as_it_gives_some(
        self, postgres: Addresses, database: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(under_test, "CONNECT_COOLDOWN_SECONDS", 0.05)
        role = f"role_{uuid4().hex}"
        await run(database, f"CREATE ROLE {role} LOGIN CONNECTION LIMIT 0")
        limited = Database(App.TASK, url(postgres, "postgres", role))
        with pytest.raises(DatabaseUnavailable):
            await limited.ping()
        await run(database, f"ALTER ROLE {role} CONNECTION LIMIT 5")
        with pytest.raises(DatabaseUnavailable):
            await limited.ping()
        await asyncio.sleep(0.05)
        await limited.ping()
        await limited.close()

    async def test_is_not_one_that_does_not_know_us(self, postgres: Addresses) -> None:
        wrong = Database(App.TASK, url(postgres, "of_no_such_name"))
        for _ in range(2):
            with pytest.raises(Exception, match="does not exist") as refusal:
                await wrong.ping()
            assert not is_unavailable(refusal.value)
        await wrong.close()


class TestAServerThatHangs:
    async def test_fails_all_probes_in_time_for_one_connection(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(health, "PING_SECONDS", 0.1)
        taken: list[asyncio.StreamWriter] = []
        server = await asyncio.start_server(lambda _, writer: taken.append(writer), "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        app = FastAPI()
        app.include_router(health.router)
        app.state.database = Database(App.TASK, f"postgresql+asyncpg://todo@127.0.0.1:{port}/none")
        transport = httpx2.ASGITransport(app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://app") as client:
            for _ in range(2):
                async with asyncio.timeout(3):
                    responses = await asyncio.gather(*[client.get("/readyz") for _ in range(20)])
                assert {(each.status_code, each.json()["code"]) for each in responses} == {
                    (503, "database-unavailable")
                }
        assert len(taken) == 1
        taken[0].close()
        server.close()
        with pytest.raises(DatabaseUnavailable):
            await app.state.database.ping()


class TestAConnectionThatIsCut:
    async def test_is_told_from_a_wrong_statement(self, database: Database) -> None:
        for statement, away in ((CUT, True), (MISSING, False)):
            with pytest.raises(DBAPIError) as error:
                async with database.transaction() as session:
                    await session.execute(statement)
            assert is_unavailable(error.value) == away


class TestAPeerThatIsGoneWithoutAWord:
    """What the kernel of each side is told; `make chaos ONLY=cut` drops the packets."""

    async def test_is_noticed_by_the_client(self, database: Database) -> None:
        async with database.driver() as connection:
            fileno = connection._transport.get_extra_info("socket").fileno()
            with socket.socket(fileno=os.dup(fileno)) as same:
                assert same.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
                read = partial(same.getsockopt, socket.IPPROTO_TCP)
                assert read(socket.TCP_KEEPIDLE) + read(socket.TCP_KEEPINTVL) * read(socket.TCP_KEEPCNT) == 15
                assert read(socket.TCP_USER_TIMEOUT) == 10_000

    async def test_is_noticed_by_the_server(self, database: Database) -> None:
        async with database.connected() as connection:
            shown = [await connection.scalar(text(f"SHOW {name}")) for name in SERVER_SETTINGS]
        assert shown == ["5", "5", "2", "10000"]

    async def test_leaves_a_working_connection_open(self, database: Database) -> None:
        async with database.driver() as connection:
            await connection.fetchval("SELECT 1")
            assert await connection.fetchval("SELECT 2") == 2


async def run(database: Database, statement: str) -> None:
    async with database.transaction() as session:
        await session.execute(text(statement))
