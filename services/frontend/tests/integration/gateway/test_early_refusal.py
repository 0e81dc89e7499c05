"""A crowd is refused by the connection itself, word for word as the app would."""

import asyncio
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI
from frontend_service.container import container_of
from frontend_service.gateway.connections import BoundedProtocol
from frontend_service.gateway.early_refusal import EarlyRefusal, Refuse, Start
from frontend_service.main import create
from frontend_service.settings import Settings
from starlette.types import Scope

from overload.concurrency_limit import ConcurrencyLimiter, ReleaseSlot
from overload.slots import Reservation
from servicekit.security.auth import JWKS_PATH, JwksKeySource, Principal, TokenVerifier
from servicekit.web import connection_draining
from servicekit.web.admission import REFUSED
from services.frontend.tests.fake_services import FakeServices, access_token
from tests.fake_sidecar import make_response

PATH = "/api/v1/tasks"
Head = dict[str, str]


@dataclass
class RawResponse:
    status: int
    headers: Head
    body: bytes

    @property
    def is_refusal(self) -> bool:
        return self.status == 503 and b'"overloaded"' in self.body


@dataclass
class Connection:
    """HTTP/1.1 by hand, to see what goes over the wire and when."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def send(self, method: str, path: str, *, body: bytes | None = None, **headers: str) -> None:
        given = {"host": "todo.test"} | {name.replace("_", "-"): each for name, each in headers.items()}
        if body is not None:
            given["content-length"] = str(len(body))
        lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {each}" for name, each in given.items())]
        self.writer.write("\r\n".join([*lines, "", ""]).encode() + (body or b""))

    async def read_response(self) -> RawResponse:
        async with asyncio.timeout(10):
            status, *lines = (await self.reader.readuntil(b"\r\n\r\n")).decode().strip().split("\r\n")
            headers = dict(line.split(": ", 1) for line in lines)
            body = await self.reader.readexactly(int(headers["content-length"]))
        return RawResponse(int(status.split()[1]), headers, body)


@dataclass
class RunningGateway:
    app: FastAPI
    port: int
    inside: list[ReleaseSlot]
    connections: set[Any]

    async def connect(self) -> Connection:
        return Connection(*await asyncio.open_connection("127.0.0.1", self.port))

    @property
    def capacity(self) -> ConcurrencyLimiter:
        found: ConcurrencyLimiter = self.app.state.bulkheads.capacity_for(PATH)
        return found

    def know(self, user: str) -> str:
        """The header of a user whose token was verified before."""
        token = access_token(user)
        self.app.state.verifier._seen[token] = Principal(user, "user", "UTC", token, 2**40)
        return f"Bearer {token}"

    async def fill(self) -> None:
        """One at work, and no place in line."""
        self.capacity._longest_line = 0
        self.inside.append(await self.capacity.enter())


@pytest.fixture(params=["plain", "strict"])
async def gateway(request: pytest.FixtureRequest) -> AsyncIterator[RunningGateway]:
    services = FakeServices(responses={f"GET {JWKS_PATH}": make_response(keys=[])})
    strict = {"secure_cookies": True, "cors_origins": "https://a.example,https://b.example"}
    given = {"DAPR_HTTP_PORT": 1, "requests_at_once": 1, "log_level": "WARNING"}
    app = create(Settings.model_validate(given | (strict if request.param == "strict" else {})))
    app.state.sidecar = services
    app.state.verifier = TokenVerifier(JwksKeySource(services))
    config = uvicorn.Config(app, http=BoundedProtocol, ws="none", log_config=None, server_header=False)
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        serving = asyncio.create_task(server.serve([listening]))
        while not server.started:
            await asyncio.sleep(0.01)
        yield RunningGateway(app, listening.getsockname()[1], [], server.server_state.connections)
        server.should_exit = server.force_exit = True
        await serving


@pytest.fixture
async def connection(gateway: RunningGateway) -> AsyncIterator[Connection]:
    opened = await gateway.connect()
    yield opened
    opened.writer.close()


def went_early() -> float:
    """Refusals so far, which both ways count."""
    return float(REFUSED._value.get())


async def test_an_early_refusal_equals_the_response_of_the_app(
    gateway: RunningGateway, connection: Connection
) -> None:
    known = gateway.know("ada")
    await gateway.fill()
    for method, body in (("GET", None), ("POST", b"{}"), ("DELETE", None)):
        connection.send(method, PATH, body=body, authorization=known)
        early = await connection.read_response()
        connection.send(method, PATH, body=body, authorization=f"Bearer {access_token('eve')}x")
        late = await connection.read_response()
        assert early == late
        assert early.status == 503
        assert early.headers["retry-after"] == "1"


async def test_an_early_refusal_never_reaches_the_app(
    gateway: RunningGateway, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = gateway.know("ada")
    await gateway.fill()
    before = went_early()
    monkeypatch.setattr(gateway.app, "middleware_stack", None)
    monkeypatch.setattr(gateway.app, "build_middleware_stack", lambda: None)
    connection.send("GET", PATH, authorization=known)
    assert (await connection.read_response()).status == 503
    assert went_early() == before + 1


async def test_a_connection_stays_usable_after_an_early_refusal(
    gateway: RunningGateway, connection: Connection
) -> None:
    known = gateway.know("ada")
    await gateway.fill()
    for size in (0, 10, 1_000_000):
        connection.send("POST", PATH, body=b"a" * size, authorization=known)
        connection.send("GET", PATH, authorization=known)
        assert [(await connection.read_response()).status for _ in range(2)] == [503, 503]
    gateway.inside.pop()()
    connection.send("GET", "/api/v1/nothing", authorization=known)
    assert (await connection.read_response()).status == 404


async def test_pipelined_requests_are_answered_in_order(
    gateway: RunningGateway, connection: Connection
) -> None:
    """Those that are served, and between them those for which there is no room."""
    known = gateway.know("ada")
    await gateway.fill()
    for _ in range(5):
        connection.send("GET", "/healthz")
        connection.send("GET", PATH, authorization=known)
        connection.send("GET", PATH, authorization=known)
    found = [(await connection.read_response()).status for _ in range(15)]
    assert found == [200, 503, 503] * 5


async def test_a_client_with_fewer_queued_requests_is_admitted(
    gateway: RunningGateway, connection: Connection
) -> None:
    ada, bob = gateway.know("ada"), gateway.know("bob")
    gateway.inside.append(await gateway.capacity.enter())
    gateway.capacity._longest_line = 2
    waiting = [asyncio.create_task(gateway.capacity.enter("user ada")) for _ in range(2)]
    await asyncio.sleep(0)
    before = went_early()
    connection.send("GET", PATH, authorization=ada)
    assert (await connection.read_response()).status == 503
    connection.send("GET", PATH, authorization=bob)
    await asyncio.wait([waiting[1]], timeout=5)
    assert waiting[1].exception(), "it gave its place to bob's"
    assert went_early() == before + 1
    gateway.inside.pop()()
    (await waiting[0])()
    assert not (await connection.read_response()).is_refusal


async def test_admission_is_random_among_many_clients(
    gateway: RunningGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who is read first in a round of the event loop has no less of a chance than who comes later."""
    token = gateway.know("ada").encode()
    scope = {"type": "http", "method": "GET", "path": PATH, "headers": [(b"authorization", token)]}
    capacity = gateway.capacity
    capacity._longest_line = 0
    started: list[int] = []
    refused: list[int] = []
    for is_crowded in (False, True):
        monkeypatch.setattr(type(capacity), "is_crowded", lambda _, crowded=is_crowded: crowded)
        started.clear()
        for _ in range(100):
            refused.clear()
            for number in range(5):

                def start(place: Reservation | None, number: int = number) -> None:
                    assert place
                    started.append(number)
                    asyncio.get_running_loop().call_soon(place.give_back)

                def refuse(_: bytes, number: int = number) -> None:
                    refused.append(number)

                container_of(gateway.app).early_refusal.decide(scope, start, refuse)
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            assert len(refused) == 4
        shares = [started.count(number) for number in range(5)]
        assert sum(shares) == 100
        assert min(shares) >= 5 if is_crowded else shares == [100, 0, 0, 0, 0]


async def test_a_server_that_shuts_down_closes_the_connection_after_the_refusal(
    gateway: RunningGateway, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = gateway.know("ada")
    await gateway.fill()
    monkeypatch.setattr(type(gateway.capacity), "is_crowded", lambda _: True)
    decide = EarlyRefusal.decide

    def decide_and_end(early: EarlyRefusal, scope: Scope, start: Start, refuse: Refuse) -> None:
        decide(early, scope, start, refuse)
        for each in gateway.connections:
            each.shutdown()

    monkeypatch.setattr(EarlyRefusal, "decide", decide_and_end)
    connection.send("GET", PATH, authorization=known)
    assert (await connection.read_response()).is_refusal
    assert await asyncio.wait_for(connection.reader.read(), 5) == b""


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://a.example"},
        {"expect": "100-continue"},
        {"connection": "close"},
        {"authorization": "Bearer forged"},
        {"authorization": "Basic YTpi"},
    ],
)
async def test_unusual_requests_are_passed_to_the_app(
    gateway: RunningGateway, connection: Connection, headers: Head, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = gateway.know("ada")
    await gateway.fill()
    reserved: list[str] = []
    monkeypatch.setattr(gateway.capacity, "reserve", reserved.append)
    connection.send("GET", PATH, body=None, **({"authorization": known} | headers))
    response = await connection.read_response()
    assert (response.status, reserved) == (503, [])
    if "origin" in headers and "a.example" in gateway.app.state.settings.cors_origins:
        assert response.headers["access-control-allow-origin"] == headers["origin"]


async def test_probes_and_operators_are_passed_to_the_app(
    gateway: RunningGateway, connection: Connection
) -> None:
    known = gateway.know("ada")
    await gateway.fill()
    connection.send("GET", "/healthz", authorization=known)
    assert (await connection.read_response()).status == 200
    connection.send("GET", "/api/v1/ops/dead-letters", authorization=known)
    assert not (await connection.read_response()).is_refusal


async def test_a_draining_process_announces_that_it_closes_connections(
    gateway: RunningGateway, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = gateway.know("ada")
    await gateway.fill()
    monkeypatch.setattr(connection_draining, "_draining", True)
    connection.send("GET", PATH, authorization=known)
    response = await connection.read_response()
    assert (response.status, response.headers["connection"]) == (503, "close")


@pytest.mark.parametrize(
    ("method", "body", "length"), [("GET", b"", "0"), ("POST", b"{}", "2"), ("POST", b"", "9")]
)
async def test_slots_are_released(
    gateway: RunningGateway, connection: Connection, method: str, body: bytes, length: str
) -> None:
    """By answers, and by clients that go before their body came."""
    connection.send(method, "/api/v1/nothing", authorization=gateway.know("ada"), content_length=length)
    connection.writer.write(body)
    if len(body) == int(length):
        assert (await connection.read_response()).status == 404
    else:
        await asyncio.sleep(0.05)
        assert gateway.app.state.bulkheads.capacity_for("/api/v1/nothing")._reserved == 1
    connection.writer.close()
    await connection.writer.wait_closed()
    await asyncio.sleep(0.1)
    for limiter in gateway.app.state.bulkheads._limiters.values():
        assert (limiter._reserved, limiter.working) == (0, 0)


async def test_a_slot_is_released_when_a_request_is_refused_before_admission(
    gateway: RunningGateway, connection: Connection
) -> None:
    connection.send("GET", PATH, authorization=gateway.know("ada"), cookie="a" * 40_000)
    assert (await connection.read_response()).status == 431
    assert gateway.capacity._reserved == 0


async def test_a_late_body_keeps_its_slot_for_a_moment(
    gateway: RunningGateway, connection: Connection
) -> None:
    """Head and body of a request often come apart; by then the room would be somebody else's."""
    known = gateway.know("ada")
    gateway.capacity._longest_line = 0
    connection.send("POST", PATH, authorization=known, content_length="2")
    await asyncio.sleep(0.05)
    assert gateway.capacity.reserve("bob") is None
    connection.writer.write(b"{}")
    assert not (await connection.read_response()).is_refusal
    other = await gateway.connect()
    other.send("POST", PATH, authorization=known, content_length="2")
    await asyncio.sleep(0.7)
    reservation = gateway.capacity.reserve("bob")
    assert reservation, "the place of who doesn't send is free again"
    reservation.give_back()
    other.writer.close()
