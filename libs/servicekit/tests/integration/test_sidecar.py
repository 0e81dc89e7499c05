"""Requests to the sidecar, over a real connection."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from servicekit.dapr.sidecar import Sidecar
from servicekit.errors import TimedOut, Unavailable


async def _echo(request: web.Request) -> web.Response:
    shown = {name.lower(): value for name, value in request.headers.items()}
    return web.json_response({"path": request.path_qs, "headers": shown})


async def _astray(_: web.Request) -> web.Response:
    raise web.HTTPFound("/echo")


async def _hang(_: web.Request) -> web.Response:
    await asyncio.sleep(30)
    return web.Response()


@pytest.fixture
def dropped() -> list[str]:
    """Methods of the requests whose connection was closed without a response."""
    return []


@pytest.fixture
async def port(dropped: list[str]) -> AsyncIterator[int]:
    async def drop(request: web.Request) -> web.Response:
        dropped.append(request.method)
        assert request.transport
        request.transport.close()
        return web.Response()

    app = web.Application()
    app.router.add_route("*", "/drop", drop)
    app.add_routes([web.get("/echo", _echo), web.get("/astray", _astray), web.get("/hang", _hang)])
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    assert site._server
    yield site._server.sockets[0].getsockname()[1]  # type: ignore[attr-defined]
    await runner.cleanup()


@pytest.fixture
async def sidecar(port: int) -> AsyncIterator[Sidecar]:
    sidecar = Sidecar(port, "secret")
    await sidecar.start()
    yield sidecar
    await sidecar.close()


class TestRequest:
    async def test_shows_the_token_and_keeps_the_path_as_it_is(self, sidecar: Sidecar) -> None:
        response = await sidecar.request("GET", "/echo?a=%2F%20x")
        assert response.json()["path"] == "/echo?a=%2F%20x"
        assert response.json()["headers"]["dapr-api-token"] == "secret"

    async def test_tells_how_much_time_it_has(self, sidecar: Sidecar) -> None:
        response = await sidecar.request("GET", "/echo", timeout=1.5)
        assert response.json()["headers"]["x-envoy-expected-rq-timeout-ms"] == "1500"

    @pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
    async def test_that_meets_a_closed_connection_is_sent_once(
        self, sidecar: Sidecar, dropped: list[str], method: str
    ) -> None:
        await sidecar.request("GET", "/echo")  # a connection that is kept
        with pytest.raises(Unavailable):
            await sidecar.request(method, "/drop")
        assert dropped == [method]

    async def test_is_not_led_elsewhere(self, sidecar: Sidecar) -> None:
        assert (await sidecar.request("GET", "/astray")).status == 302

    async def test_does_not_wait_for_ever(self, sidecar: Sidecar) -> None:
        with pytest.raises(TimedOut):
            await sidecar.request("GET", "/hang", timeout=0.1)

    async def test_that_takes_long_is_told_from_nobody_there(self, sidecar: Sidecar) -> None:
        with pytest.raises(TimedOut):
            await sidecar.send_once("GET", "/hang", {}, None, 0.1)
        sidecar.port = 1
        assert await sidecar.send_once("GET", "/hang", {}, None, 0.1) is None

    async def test_to_nobody_is_unavailable(self) -> None:
        sidecar = Sidecar(1)
        await sidecar.start()
        with pytest.raises(Unavailable) as refusal:
            await sidecar.request("GET", "/")
        assert refusal.value.code == "sidecar-unavailable"
        await sidecar.close()
