"""A read that is given up in the middle of a statement costs nobody a connection, on both databases."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import text
from starlette.types import Message

from contracts.names import App
from servicekit.persistence.database import Database
from servicekit.problems import install_error_handlers
from servicekit.web import admission
from servicekit.web.admission import AdmissionControl, AdmissionPolicy, Bulkheads
from servicekit.web.routes import SessionDep, create_router

COUNT = (
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000) SELECT max(i) FROM n"
)
SLEEP = "SELECT pg_sleep(20)"
AT_WORK = "SELECT count(*) FROM pg_stat_activity WHERE query = :query AND state = 'active'"

reads = create_router(prefix="/reads", tags=["reads"])


@reads.get("/slow")
async def slow(session: SessionDep) -> None:
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    await session.execute(text(COUNT if is_sqlite else SLEEP))


@reads.get("/quick")
async def quick(session: SessionDep) -> int:
    return int((await session.execute(text("SELECT 7"))).scalar_one())


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(App.USER, database_url)
    yield database
    await database.close()


@pytest.fixture
def app(database: Database, monkeypatch: pytest.MonkeyPatch) -> FastAPI:
    monkeypatch.setattr(admission, "WATCH_AFTER", 0)
    app = FastAPI()
    app.state.database = database
    app.include_router(reads)
    install_error_handlers(app)
    app.add_middleware(AdmissionControl, bulkheads=Bulkheads(32, AdmissionPolicy()))
    return app


async def ask(app: FastAPI, path: str, *, stays: float) -> list[Message]:
    """What is sent to a client that goes after so many seconds."""
    sent: list[Message] = []
    scope: dict[str, Any] = {
        "type": "http",
        "method": "GET",
        "path": path,
        "headers": [],
        "query_string": b"",
    }
    begins = iter([{"type": "http.request", "body": b"", "more_body": False}])

    async def receive() -> Message:
        for message in begins:
            return message
        await asyncio.sleep(stays)
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope | {"raw_path": path.encode(), "root_path": ""}, receive, send)
    return sent


class TestReadsOfClientsThatLeave:
    async def test_leave_all_connections_to_the_others(self, app: FastAPI, database: Database) -> None:
        for _ in range(4):
            async with asyncio.timeout(15):
                gone = await asyncio.gather(*(ask(app, "/reads/slow", stays=0.05) for _ in range(20)))
            assert gone == [[]] * 20
        async with asyncio.timeout(15):
            responses = await asyncio.gather(*(ask(app, "/reads/quick", stays=9) for _ in range(40)))
        assert [sent[0]["status"] for sent in responses] == [200] * 40
        assert database.engine.pool.checkedout() == 0  # type: ignore[attr-defined]

    async def test_end_their_statements_too(self, app: FastAPI, database: Database) -> None:
        if database.is_sqlite:
            pytest.skip("SQLite has no statements that somebody else could see")
        await ask(app, "/reads/slow", stays=0.3)
        async with asyncio.timeout(5):
            while await self._at_work(database):
                await asyncio.sleep(0.05)

    async def _at_work(self, database: Database) -> int:
        async with database.reading() as session:
            return int((await session.execute(text(AT_WORK), {"query": SLEEP})).scalar_one())
