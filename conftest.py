"""For every test: unit tests reach no network; tests of persistence run on both databases."""

import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import httpx2
import hypothesis
import pytest
import pytest_socket
from fastapi import FastAPI
from opentelemetry.trace import NoOpTracer
from sqlalchemy import select
from sqlmodel import col

from contracts.event import CloudEvent, Event, wrap
from servicekit.dapr.sidecar import Sidecar
from servicekit.messaging.consumer import DeliveryStatus, EventConsumer, Handler, parse_message
from servicekit.messaging.outbox import OutboxRow
from servicekit.persistence.database import Database
from servicekit.security.auth import Principal
from servicekit.settings import ServiceSettings
from servicekit.web.ids import new_id

if TYPE_CHECKING:
    from tests.databases import Databases

STALL_SECONDS = 60
"""A machine that runs tests may stand still for some seconds, which is no outage of the database."""

pytest_plugins = ["tests.databases", "tests.layers", "tests.toolbox"]

# A busy machine is no failure; and each run draws the same examples, unless `EXPLORE=1` asks for others.
hypothesis.settings.register_profile("todo", deadline=None, derandomize="EXPLORE" not in os.environ)
hypothesis.settings.load_profile("todo")

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
        consumer = EventConsumer(self.database, Sidecar(1), NoOpTracer(), handlers)
        now = datetime.now(UTC)
        envelopes = [wrap(event, id=new_id(), source="/", time=now, traceparent="") for event in events]
        raw = [json.loads(envelope.model_dump_json()) for envelope in envelopes]
        batch = [parse_message(event.topic, message) for event, message in zip(events, raw, strict=True)]
        assert await consumer.consume(batch) == [DeliveryStatus.SUCCESS] * len(events)
        return envelopes


OpenService = Callable[[Create, type[ServiceSettings]], Awaitable[ServiceUnderTest]]


class AnyToken:
    """Takes a token for the name of its user: `Bearer ada` is the user `ada`."""

    async def verify(self, token: str) -> Principal:
        return Principal(token, "operator" if token == "operator" else "user", "Europe/Berlin", token, 2**40)


def _empty(app: FastAPI) -> None:
    """Let go of what an app is made of: caches of FastAPI keep the apps of all tests until the run ends."""
    app.router.routes.clear()
    app.middleware_stack = None


@pytest.fixture
async def open_service(databases: "Databases") -> AsyncIterator[OpenService]:
    """Starts the app of a service on a database without rows, without a sidecar, as user `ada`."""
    async with AsyncExitStack() as stack:

        async def start(
            create: Callable[[Any], FastAPI], settings: type[ServiceSettings]
        ) -> ServiceUnderTest:
            url = await databases.make_migrated(settings.model_fields["app"].default)
            given = {"database_url": url, "DAPR_HTTP_PORT": 1, "metrics": False}
            app = create(settings.model_validate(given | {"database_connect_seconds": STALL_SECONDS}))
            stack.callback(_empty, app)
            await stack.enter_async_context(app.router.lifespan_context(app))
            app.state.verifier = AnyToken()
            transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
            client = httpx2.AsyncClient(transport=transport, base_url="http://service")
            client.headers["authorization"] = "Bearer ada"
            await stack.enter_async_context(client)
            return ServiceUnderTest(client, app)

        yield start
