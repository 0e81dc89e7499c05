"""Requests at a steady rate, whether or not they are answered: what people do, not what a queue does."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from tests.system.api import Api, ApiResponse

EVERY_SECONDS = 0.2
WRITE_EVERY = 5

Ask = Callable[[int], Coroutine[Any, Any, ApiResponse]]


@dataclass(slots=True)
class Traffic:
    """Reads of tasks with a write now and then; `also` takes the place of every tenth request."""

    ada: Api
    statuses: Counter[int] = field(default_factory=Counter)
    also: Ask | None = None
    _in_flight: set[asyncio.Task[None]] = field(default_factory=set)

    @classmethod
    @asynccontextmanager
    async def of(cls, ada: Api) -> AsyncIterator["Traffic"]:
        """Traffic of this person while the block runs."""
        traffic = cls(ada)
        going = asyncio.create_task(traffic._go())
        try:
            yield traffic
        finally:
            going.cancel()
            await asyncio.gather(going, *traffic._in_flight, return_exceptions=True)

    async def _go(self) -> None:
        started = time.monotonic()
        for number in range(10**9):
            task = asyncio.create_task(self._one(number))
            self._in_flight.add(task)
            task.add_done_callback(self._in_flight.discard)
            await asyncio.sleep(max(0, started + (number + 1) * EVERY_SECONDS - time.monotonic()))

    async def _one(self, number: int) -> None:
        try:
            response = await self._ask(number)
            self.statuses[response.status] += 1
        except (aiohttp.ClientError, TimeoutError):
            self.statuses[0] += 1

    async def _ask(self, number: int) -> ApiResponse:
        if self.also and number % 10 == 0:
            return await self.also(number)
        if number % WRITE_EVERY == 1:
            return await self.ada.ask("POST", "/tasks", {"title": f"task {number}"})
        return await self.ada.ask("GET", "/tasks?limit=5")
