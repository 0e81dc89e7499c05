"""Takes on every connection that waits, whenever the event loop comes round.

libuv, and with it uvloop, accepts one connection in a round of the loop (since 1.45). In a crowd a round
reads from hundreds of connections and takes half a second or more: new ones then came faster than they were
accepted, and waited for ten seconds while others were answered.
"""

import asyncio
import errno
import socket
from collections.abc import Callable

ACCEPTED_AT_ONCE = 1_000
PAUSE_SECONDS = 1.0
"""Where there are no descriptors, or no memory, for more connections."""
EXHAUSTED = frozenset((errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM))


class Listener:
    """What `asyncio.Server` is for uvicorn, on a bound socket."""

    def __init__(
        self, bound: socket.socket, backlog: int, make_protocol: Callable[[], asyncio.Protocol]
    ) -> None:
        self._socket = bound
        self._make_protocol = make_protocol
        self._loop = asyncio.get_running_loop()
        self._beginning: set[asyncio.Task[object]] = set()
        self._pause: asyncio.TimerHandle | None = None
        bound.setblocking(False)
        bound.listen(backlog)
        self._listen()

    def close(self) -> None:
        """Accept no more; connections that there are stay."""
        if self._pause:
            self._pause.cancel()
        self._loop.remove_reader(self._socket)
        self._socket.close()

    async def wait_closed(self) -> None:
        """Nothing is left to wait for; uvicorn waits for the connections itself."""

    def _listen(self) -> None:
        self._loop.add_reader(self._socket, self._accept)

    def _accept(self) -> None:
        for _ in range(ACCEPTED_AT_ONCE):
            try:
                connection, _ = self._socket.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                if error.errno not in EXHAUSTED:
                    raise
                self._loop.remove_reader(self._socket)
                self._pause = self._loop.call_later(PAUSE_SECONDS, self._listen)
                return
            connection.setblocking(False)
            begin = self._loop.connect_accepted_socket(self._make_protocol, connection)
            task: asyncio.Task[object] = self._loop.create_task(begin)
            self._beginning.add(task)
            task.add_done_callback(self._beginning.discard)
