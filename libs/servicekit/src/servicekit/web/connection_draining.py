"""Graceful shutdown by connection draining: a process that will end gets its clients to go before it does.

A client with a connection kept alive can be sending at the very moment the server closes it, and then
can't know whether its request counted. So while nobody new is sent here any more, every response closes
its connection (RFC 9112, section 9.6): who keeps asking is gone before the socket closes.
"""

import signal
from types import FrameType

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SIGNAL = signal.SIGUSR1
"""What `preStop` of the charts sends."""

_draining = False


def drain_on_signal() -> None:
    """From the signal on, connections end with the next answer. For the main thread."""
    signal.signal(SIGNAL, _begin_draining)


def is_draining() -> bool:
    return _draining


def _begin_draining(_signal: int, _frame: FrameType | None) -> None:
    global _draining
    _draining = True


class ConnectionDraining:
    """Adds `Connection: close` to every response of a process that leaves."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def closing(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["connection"] = "close"
            await send(message)

        await self._app(scope, receive, closing if _draining and scope["type"] == "http" else send)
