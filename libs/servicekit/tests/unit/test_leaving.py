"""A process that leaves ends its clients' connections; before that it keeps them."""

import os
import signal
from collections.abc import Iterator

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from servicekit.web import connection_draining
from servicekit.web.connection_draining import ConnectionDraining, drain_on_signal


@pytest.fixture
def _restored(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(connection_draining, "_draining", False)
    before = signal.getsignal(connection_draining.SIGNAL)
    yield
    signal.signal(connection_draining.SIGNAL, before)


async def connection() -> str | None:
    """What a response says of its connection."""
    app = ConnectionDraining(Starlette(routes=[Route("/", lambda _: PlainTextResponse("hello"))]))
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app)) as client:
        return (await client.get("http://test/")).headers.get("connection")


@pytest.mark.usefixtures("_restored")
class TestLeaving:
    async def test_keeps_connections_until_it_is_told(self) -> None:
        drain_on_signal()
        assert await connection() is None

    async def test_closes_them_with_each_answer_from_then_on(self) -> None:
        drain_on_signal()
        os.kill(os.getpid(), connection_draining.SIGNAL)
        assert await connection() == "close"
