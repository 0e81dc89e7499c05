"""The client of one request: what it sends, and, once it is watched, that it has gone."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Message = MutableMapping[str, Any]
"""As ASGI has it."""
GONE = "http.disconnect"


class DisconnectWatcher:
    """Hands on what a client sends.

    gone: called once when the client goes while it is watched.
    """

    def __init__(self, receive: Callable[[], Awaitable[Message]], gone: Callable[[], None]) -> None:
        self._receive = receive
        self._tell = gone
        self._watcher: asyncio.Task[None] | None = None
        self._is_asked = False
        self.is_gone = False

    def watch(self) -> None:
        """From now on; not where the app listens itself."""
        if not self._watcher and not self._is_asked:
            self._kept = asyncio.Queue[Message]()
            self._watcher = asyncio.create_task(self._listen())

    def leave_alone(self) -> None:
        if self._watcher:
            self._watcher.cancel()

    async def receive(self) -> Message:
        if self._watcher:
            message = await self._kept.get()
            if message["type"] == GONE:
                self._kept.put_nowait(message)  # it stays so
            return message
        self._is_asked = True
        try:
            return await self._receive()
        finally:
            self._is_asked = False

    async def _listen(self) -> None:
        while not self.is_gone:
            message = await self._receive()
            self._kept.put_nowait(message)
            self.is_gone = message["type"] == GONE
        self._tell()
