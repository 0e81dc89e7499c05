"""A server that is away, or hangs: asked by one in the name of all, and then left alone for a moment."""

import asyncio
import math
import time
from collections.abc import Callable, Coroutine
from typing import Any


class SingleFlight:
    """Runs `ask` once for all who want to know at the same time."""

    def __init__(self, ask: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self._ask = ask
        self._asking: asyncio.Task[None] | None = None

    async def run(self, seconds: float | None = None) -> None:
        """Raises what `ask` raises, or `TimeoutError`; then `ask` goes on, for whoever comes next."""
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask())
            self._asking.add_done_callback(lambda task: task.cancelled() or task.exception())
        asking = self._asking
        if not (await asyncio.wait({asking}, timeout=seconds))[0]:
            raise TimeoutError
        asking.result()


class Cooldown:
    """Whether somebody has just failed, so that it is not worth another try for so many seconds."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._until = -math.inf

    def __bool__(self) -> bool:
        return self._clock() < self._until

    def failed(self) -> None:
        self._until = self._clock() + self._seconds
