"""For every test: unit tests reach no network; tests of persistence run on both databases."""

import json
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import httpx2
import hypothesis
import pytest
import pytest_socket
from fastapi import FastAPI
from opentelemetry.trace import NoOpTracer
from sqlalchemy import select
from sqlmodel import col

from contracts.event import CloudEvent, Event, wrap
from devstack import processes, servers
from devstack.addresses import Addresses, addresses, free_offset
from devstack.places import RunFolder
from servicekit.auth import Principal
from servicekit.database import Database
from servicekit.deliveries import Effects, Handler, Status, read
from servicekit.ids import new_id
from servicekit.outbox import OutboxRow
from servicekit.settings import ServiceSettings
from servicekit.sidecar import Sidecar

pytest_plugins = ["tests.layers", "tests.toolbox"]

hypothesis.settings.register_profile("todo", deadline=None)  # a busy machine is no failure
hypothesis.settings.load_profile("todo")

PORT_OFFSET = 3000
PROMPT_STOP = 5

Create = Callable[[Any], FastAPI]
Handlers = Mapping[type[Event], Handler]


def pytest_runtest_setup(item: pytest.Item) -> None:
    if "unit" in item.path.parts:
        pytest_socket.disable_socket(allow_unix_socket=True)


def pytest_runtest_teardown() -> None:
    pytest_socket.enable_socket()


@dataclass(frozen=True, slots=True)
class ServiceUnderTest:
    """One service with a real database: its API, and what it has recorded to be published."""

    client: httpx2.AsyncClient
    app: FastAPI

    @property
    def database(self) -> Database:
        database: Database = self.app.state.database
        return database

    async def recorded(self, of: str = "") -> list[dict[str, Any]]:
        """The events in the outbox, oldest first; all, or those `of` one kind of thing, such as `task`."""
        async with self.database.reading() as session:
            rows = await session.scalars(select(col(OutboxRow.payload)).order_by(col(OutboxRow.seq)))
            events = [json.loads(row) for row in rows]
        return [event for event in events if not of or event["type"].split(".")[1] == of]

    async def receive(
        self, handlers: Mapping[type[Event], Handler], *events: Event
    ) -> list[CloudEvent[Event]]:
        """Deliver `events` as daprd would."""
        effects = Effects(self.database, Sidecar(1), NoOpTracer(), handlers)
        now = datetime.now(UTC)
        envelopes = [wrap(event, id=new_id(), source="/", time=now, traceparent="") for event in events]
        raw = [json.loads(envelope.model_dump_json()) for envelope in envelopes]
        batch = [read(event.topic, message) for event, message in zip(events, raw, strict=True)]
        assert await effects.deliver(batch) == [Status.SUCCESS] * len(events)
        return envelopes


OpenService = Callable[[Create, type[ServiceSettings]], Awaitable[ServiceUnderTest]]


@pytest.fixture(scope="session")
def postgres() -> Iterator[Addresses]:
    """A PostgreSQL server of this test run.

    Not in pytest's own folder: PostgreSQL may run as another account, and each pytest that starts
    closes that folder to others again.
    """
    folder = RunFolder(Path(tempfile.mkdtemp(prefix="todo-postgres-")))
    folder.path.chmod(0o755)
    folder.make()
    where = addresses(offset=free_offset(PORT_OFFSET))
    process = servers.start_postgres(folder, where, durable=False)
    servers.wait_for_databases(where)
    yield where
    processes.stop(folder, process, seconds=PROMPT_STOP)
    shutil.rmtree(folder.path, ignore_errors=True)


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


class AnyToken:
    """Takes a token for the name of its user: `Bearer ada` is the user `ada`."""

    async def verify(self, token: str) -> Principal:
        return Principal(token, "operator" if token == "operator" else "user", "Europe/Berlin", token, 2**40)


@pytest.fixture
async def open_service(database_url: str) -> AsyncIterator[OpenService]:
    """Starts the app of a service on an empty database, without a sidecar, as user `ada`."""
    async with AsyncExitStack() as stack:

        async def start(
            create: Callable[[Any], FastAPI], settings: type[ServiceSettings]
        ) -> ServiceUnderTest:
            app = create(settings.model_validate({"database_url": database_url, "DAPR_HTTP_PORT": 1}))
            await stack.enter_async_context(app.router.lifespan_context(app))
            app.state.verifier = AnyToken()
            transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
            client = httpx2.AsyncClient(transport=transport, base_url="http://service")
            client.headers["authorization"] = "Bearer ada"
            await stack.enter_async_context(client)
            return ServiceUnderTest(client, app)

        yield start
