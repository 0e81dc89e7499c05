"""Events of a type that is not known yet: every service passes them over, whoever publishes them first."""

from importlib import import_module
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import httpx2
import pytest
from fastapi import FastAPI
from frontend_service.live.broker import SseBroker
from frontend_service.live.subscriptions import mount as mount_live
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.trace import NoOpTracer

from contracts.names import App
from servicekit.dapr.sidecar import Sidecar
from servicekit.messaging.consumer import EventConsumer
from servicekit.messaging.subscriptions import mount_subscriptions
from servicekit.persistence.database import Database

LISTENERS = ["analytics", "chat", "notification", "task", "user"]
NEWER = {
    "specversion": "1.0",
    "id": "0198c7a2-0000-7000-8000-000000000001",
    "source": "task",
    "type": "todo.task.starred.v1",
    "time": "2026-11-29T10:00:00Z",
    "partitionkey": "ada",
    "data": {"user_id": "ada", "star": True},
}


def app_of(service: str, folder: Path) -> FastAPI:
    """What daprd calls of a service, with a database that has no tables: nothing may touch it."""
    app = FastAPI()
    if service == "frontend":
        mount_live(app, Mock(spec=SseBroker))
        return app
    listens = import_module(f"{service}_service.subscriptions").subscriptions
    database = Database(App(service), f"sqlite+aiosqlite:///{folder}/none.db")
    mount_subscriptions(
        app, listens, EventConsumer(database, Sidecar(1), NoOpTracer(), listens.handlers).consume, database
    )
    return app


async def statuses(app: FastAPI, event: Any) -> list[str]:
    """What each bulk subscription of `app` answers to `event`."""
    found = []
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://app") as client:
        for each in (await client.get("/dapr/subscribe")).json():
            if "bulkSubscribe" in each:
                body = {"entries": [{"entryId": "1", "event": event}]}
                response = await client.post(each["route"], json=body)
                found += [status["status"] for status in response.json()["statuses"]]
    return found


class TestUnknownEvents:
    @pytest.mark.parametrize("service", [*LISTENERS, "frontend"])
    async def test_are_passed_over(self, service: str, tmp_path: Path) -> None:
        found = await statuses(app_of(service, tmp_path), NEWER)
        assert found
        assert set(found) == {"SUCCESS"}

    @settings(max_examples=20, deadline=None)
    @given(
        type=st.from_regex(r"todo\.[a-z]{1,9}\.[a-z]{1,9}\.v[2-9]", fullmatch=True),
        data=st.dictionaries(st.text(max_size=5), st.booleans() | st.text(max_size=5), max_size=3),
    )
    async def test_of_any_kind_are_passed_over(
        self, type: str, data: Any, tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        app = app_of("notification", tmp_path_factory.mktemp("none"))
        assert set(await statuses(app, NEWER | {"type": type, "data": data})) == {"SUCCESS"}
