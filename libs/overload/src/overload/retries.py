"""Asking again: the one place where a request is sent more than once."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol, TypeVar

from overload import deadline

LEAST_SECONDS = 0.05
"""For a last try; aiohttp would take 0 for no limit at all."""


class _Answer(Protocol):
    def is_whole(self) -> bool: ...


A = TypeVar("A", bound=_Answer)
Once = Callable[[float], Awaitable[A | None]]
"""One try, given seconds."""


async def repeated(once: Once[A], timeout: float, pauses: Sequence[float]) -> A | None:
    """The first whole answer; the last broken one, or None, where none comes.

    All tries together have `timeout` seconds, or what is left to who asked for this.
    """
    left = min(timeout, deadline.left())
    until = time.monotonic() + left
    for pause in pauses:
        answer = await once(left)
        if (answer and answer.is_whole()) or time.monotonic() + pause > until:
            return answer
        await asyncio.sleep(pause)
        left = max(until - time.monotonic(), LEAST_SECONDS)
    return await once(left)
