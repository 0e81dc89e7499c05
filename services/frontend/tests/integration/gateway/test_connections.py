"""A client that dawdles, says nothing or takes nothing in holds a connection for a bounded time only."""

import asyncio
import json
import socket
import time
from collections.abc import Callable, Iterator
from threading import Thread

import pytest
import uvicorn
from frontend_service.gateway.connections import BoundedProtocol
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

SECONDS = 0.4
PATIENCE = 10
LARGE = b"a" * 20_000_000
HEAD = b"POST / HTTP/1.1\r\nHost: a\r\n"


class Impatient(BoundedProtocol):
    head_seconds = SECONDS
    body_seconds = SECONDS
    write_seconds = SECONDS
    max_head_bytes = 64 * 1024


class App:
    """Says how many bytes it got, or sends much; keeps what befell the bodies of requests."""

    def __init__(self) -> None:
        self.bodies: list[bytes | None] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/large":
            await Response(LARGE)(scope, receive, send)
            return
        if scope["path"] == "/refused":
            await Response("no", 413)(scope, receive, send)
            return
        try:
            body = await Request(scope, receive).body()
        except ClientDisconnect:
            self.bodies.append(None)
            return
        self.bodies.append(body)
        await Response(str(len(body)))(scope, receive, send)


@pytest.fixture(scope="module")
def app() -> App:
    return App()


@pytest.fixture(scope="module")
def port(app: App) -> Iterator[int]:
    config = uvicorn.Config(
        app, http=Impatient, ws="none", lifespan="off", log_config=None, timeout_keep_alive=1
    )
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = Thread(target=server.run, args=([listening],))
        thread.start()
        yield listening.getsockname()[1]
        server.should_exit = True
        thread.join()


Connect = Callable[[], socket.socket]


@pytest.fixture
def connect(port: int) -> Iterator[Connect]:
    opened: list[socket.socket] = []

    def once() -> socket.socket:
        opened.append(socket.create_connection(("127.0.0.1", port), timeout=PATIENCE))
        return opened[-1]

    yield once
    for each in opened:
        each.close()


def rest(connection: socket.socket) -> bytes:
    """All that comes until the server closes. Raises `TimeoutError` if it doesn't."""
    found = b""
    try:
        while more := connection.recv(65536):
            found += more
    except ConnectionResetError:
        pass
    return found


def dawdle(connection: socket.socket, sent: bytes) -> bytes:
    """Send a byte at a time, for as long as the other side takes them; then what it said."""
    until = time.monotonic() + PATIENCE
    connection.settimeout(0.02)
    for number in range(100_000):
        assert time.monotonic() < until, "it listens for ever"
        try:
            connection.sendall(sent[number % len(sent) :][:1])
            if received := connection.recv(65536):
                connection.settimeout(PATIENCE)
                return received + rest(connection)
            return b""
        except TimeoutError:
            continue
        except OSError:
            return b""
    raise AssertionError


def status_of(response: bytes) -> int:
    return int(response.split(b" ", 2)[1]) if response else 0


def problem_of(response: bytes) -> dict[str, object]:
    head, _, body = response.partition(b"\r\n\r\n")
    assert b"content-type: application/problem+json" in head
    assert b"connection: close" in head
    found: dict[str, object] = json.loads(body)
    return found


class TestRequestHead:
    def test_sent_a_byte_at_a_time_gets_408(self, connect: Connect) -> None:
        response = dawdle(connect(), HEAD + b"a: b\r\n" * 10_000)
        assert (status_of(response), problem_of(response)["code"]) == (408, "request-timeout")

    def test_never_sent_gets_408(self, connect: Connect) -> None:
        assert status_of(rest(connect())) == 408

    def test_of_a_second_request_on_a_connection_is_limited_too(self, connect: Connect) -> None:
        connection = connect()
        connection.sendall(HEAD + b"Content-Length: 1\r\n\r\na")
        assert status_of(connection.recv(65536)) == 200
        assert status_of(dawdle(connection, HEAD * 1000)) == 408

    def test_after_blank_lines_is_limited_too(self, connect: Connect) -> None:
        connection = connect()
        connection.sendall(HEAD + b"Content-Length: 1\r\n\r\na")
        assert status_of(connection.recv(65536)) == 200
        assert status_of(dawdle(connection, b"\r\n")) == 408

    def test_without_end_gets_431(self, connect: Connect) -> None:
        connection = connect()
        connection.sendall(HEAD + b"a" * (Impatient.max_head_bytes + 1))
        assert status_of(rest(connection)) == 431

    @settings(max_examples=20)
    @given(junk=st.binary(min_size=1, max_size=60))
    def test_that_is_not_http_gets_a_problem_document(self, port: int, junk: bytes) -> None:
        with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
            connection.sendall(b"\x01" + junk + b"\r\n\r\n")
            response = rest(connection)
        assert (status_of(response), problem_of(response)["code"]) == (400, "http-invalid")


class TestRequestBody:
    def test_sent_a_byte_at_a_time_gets_408_and_is_never_forwarded_as_complete(
        self, connect: Connect, app: App
    ) -> None:
        app.bodies.clear()
        connection = connect()
        connection.sendall(HEAD + b"Content-Length: 100000\r\n\r\n")
        assert status_of(dawdle(connection, b"a")) == 408
        assert app.bodies == [None]

    def test_sent_in_chunks_is_limited_too(self, connect: Connect) -> None:
        connection = connect()
        connection.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
        assert status_of(dawdle(connection, b"1\r\na\r\n")) == 408

    def test_of_a_rejected_request_is_limited_too(self, connect: Connect) -> None:
        connection = connect()
        connection.sendall(b"POST /refused HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n")
        assert status_of(connection.recv(65536)) == 413
        assert dawdle(connection, b"a") == b""

    def test_sent_steadily_and_in_time_is_served(self, connect: Connect) -> None:
        connection = connect()
        connection.sendall(HEAD + b"Content-Length: 500000\r\nConnection: close\r\n\r\n")
        for _ in range(50):
            connection.sendall(b"a" * 10_000)
        assert rest(connection).endswith(b"500000")


class TestResponse:
    @pytest.mark.parametrize("connection_header", [b"", b"Connection: close\r\n"])
    async def test_that_the_client_never_reads_is_aborted(
        self, connect: Connect, connection_header: bytes
    ) -> None:
        connection = connect()
        connection.sendall(b"GET /large HTTP/1.1\r\nHost: a\r\n" + connection_header + b"\r\n")
        await asyncio.sleep(4 * SECONDS)
        assert len(rest(connection)) < len(LARGE)

    async def test_is_complete_for_a_slow_reader(self, connect: Connect) -> None:
        connection = connect()
        connection.sendall(b"GET /large HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        begin, taken = time.monotonic(), 0
        while time.monotonic() < begin + 4 * SECONDS:
            taken += len(connection.recv(200_000))
            await asyncio.sleep(0.02)
        assert taken < len(LARGE)
        assert taken + len(rest(connection)) > len(LARGE)

    def test_order_follows_pipelined_requests(self, connect: Connect) -> None:
        connection = connect()
        requests = (HEAD + b"Content-Length: %d\r\n\r\n" % number + b"a" * number for number in range(5))
        connection.sendall(b"".join(requests))
        responses = rest(connection).split(b"HTTP/1.1 200 OK")[1:]
        assert [response[-1:] for response in responses] == [b"0", b"1", b"2", b"3", b"4"]
