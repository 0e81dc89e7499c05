"""New connections are taken on however busy the loop is. On uvloop, which services run on."""

import asyncio
import errno
import socket
from collections.abc import Iterator

import pytest
import uvloop

from overload import listener
from overload.listener import Listener

WAITING = 40
ROUNDS = 4


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    found = uvloop.new_event_loop()
    yield found
    found.close()


class Noted(asyncio.Protocol):
    def __init__(self, made: list["Noted"]) -> None:
        self.made = made

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.made.append(self)


def bind() -> socket.socket:
    bound = socket.socket()
    bound.bind(("127.0.0.1", 0))
    bound.listen()
    return bound


def connect(bound: socket.socket, number: int) -> list[socket.socket]:
    return [socket.create_connection(bound.getsockname()) for _ in range(number)]


def end(clients: list[socket.socket], made: list[Noted]) -> None:
    for each in clients:
        each.close()
    for protocol in made:
        protocol.transport.close()


async def rounds() -> None:
    for _ in range(ROUNDS):
        await asyncio.sleep(0)


async def accepted(bound: socket.socket) -> int:
    """How many of those that wait are taken on within a few rounds of the loop."""
    made: list[Noted] = []
    listener = Listener(bound, 100, lambda: Noted(made))
    clients = connect(bound, WAITING)
    await rounds()
    listener.close()
    end(clients, made)
    return len(made)


def test_all_that_wait_are_taken_on(loop: asyncio.AbstractEventLoop) -> None:
    assert loop.run_until_complete(accepted(bind())) == WAITING


class Exhausted(socket.socket):
    """A socket that can't accept for a while."""

    refusals = 3

    def accept(self) -> tuple[socket.socket, object]:
        if self.refusals:
            self.refusals -= 1
            raise OSError(errno.EMFILE, "Too many open files")
        return super().accept()


def test_they_wait_where_there_are_no_descriptors(
    loop: asyncio.AbstractEventLoop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listener, "PAUSE_SECONDS", 0.01)

    async def begin() -> None:
        bound, made = Exhausted(fileno=bind().detach()), list[Noted]()
        listener = Listener(bound, 100, lambda: Noted(made))
        clients = connect(bound, 5)
        while len(made) < 5:
            await asyncio.sleep(0.01)
        assert bound.refusals == 0
        listener.close()
        end(clients, made)

    loop.run_until_complete(asyncio.wait_for(begin(), 10))
