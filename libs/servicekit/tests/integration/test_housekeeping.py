"""What is kept for a while, and health. On both databases."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import select
from sqlmodel import SQLModel, col

from contracts.names import App
from servicekit import app as under_test
from servicekit.messaging import processed_messages
from servicekit.messaging.processed_messages import ProcessedMessageRow
from servicekit.persistence.database import Database
from servicekit.web import health, idempotency
from servicekit.web.idempotency import IdempotencyRow

AWAY = "postgresql+asyncpg://todo@127.0.0.1:1/none"


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(App.TASK, database_url)
    async with database.engine.begin() as connection:
        await connection.run_sync(SQLModel.metadata.create_all)
    yield database
    await database.close()


class TestForgetting:
    async def test_drops_what_no_delivery_can_repeat(self, database: Database) -> None:
        now = datetime.now(UTC)
        async with database.transaction() as session:
            for days in (36, 34):
                handled_at = now - timedelta(days=days)
                session.add(ProcessedMessageRow(consumer=App.TASK, event_id=str(days), handled_at=handled_at))
        async with database.transaction() as session:
            await processed_messages.purge_expired(session)
        async with database.reading() as session:
            assert list(await session.scalars(select(col(ProcessedMessageRow.event_id)))) == ["34"]

    async def test_drops_answers_after_a_day(self, database: Database) -> None:
        now = datetime.now(UTC)
        async with database.transaction() as session:
            for hours in (25, 23):
                at = now - timedelta(hours=hours)
                session.add(IdempotencyRow(owner="ada", key_hash=str(hours), request_hash="", served_at=at))
        async with database.transaction() as session:
            await idempotency.purge_expired(session)
        async with database.reading() as session:
            assert list(await session.scalars(select(col(IdempotencyRow.key_hash)))) == ["23"]


class TestRetention:
    async def test_runs_every_job_again_and_again_though_one_fails(
        self, database: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(under_test, "RETENTION_SECONDS", 0.01)
        rounds: asyncio.Queue[Database] = asyncio.Queue()
        served_at = datetime.now(UTC) - timedelta(hours=25)
        async with database.transaction() as session:
            session.add(IdempotencyRow(owner="ada", key_hash="1", request_hash="", served_at=served_at))

        async def fail(_: FastAPI) -> None:
            raise OSError("away")

        async def note(app: FastAPI) -> None:
            rounds.put_nowait(app.state.database)

        app = FastAPI()
        app.state.database = database
        loop = asyncio.create_task(under_test._run_retention(app, [fail, note]))
        async with asyncio.timeout(30):
            assert [await rounds.get() for _ in range(2)] == [database, database]
        loop.cancel()
        async with database.reading() as session:
            assert list(await session.scalars(select(col(IdempotencyRow.key_hash)))) == []


class TestInbox:
    async def test_is_apart_for_each_consumer(self, database: Database) -> None:
        async with database.transaction() as session:
            assert await processed_messages.claim_messages(session, App.TASK, ["1", "2"]) == {"1", "2"}
            assert await processed_messages.claim_messages(session, App.CHAT, ["2", "3"]) == {"2", "3"}
            assert await processed_messages.claim_messages(session, App.TASK, ["2", "3"]) == {"3"}


class TestReadiness:
    async def ready(self, database: Database | None) -> httpx2.Response:
        app = FastAPI()
        app.include_router(health.router)
        app.state.database = database
        transport = httpx2.ASGITransport(app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://app") as client:
            assert (await client.get("/healthz")).status_code == 200
            return await client.get("/readyz")

    async def test_is_there_with_the_database(self, database: Database) -> None:
        assert (await self.ready(database)).status_code == 200
        assert (await self.ready(None)).status_code == 200

    async def test_is_gone_without_it(self) -> None:
        response = await self.ready(Database(App.TASK, AWAY))
        assert (response.status_code, response.json()["code"]) == (503, "database-unavailable")
