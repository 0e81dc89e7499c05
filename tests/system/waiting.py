"""Waiting for a condition, with a deadline; never for a time."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")


async def eventually(
    look: Callable[[], Awaitable[T]], is_right: Callable[[T], bool], seconds: float = 30
) -> T:
    """Look until it is right; fails with what was seen last."""
    deadline = time.monotonic() + seconds
    while True:
        seen = await look()
        if is_right(seen):
            return seen
        assert time.monotonic() < deadline, f"after {seconds} s still {seen!r:.2000}"
        await asyncio.sleep(0.1)


def until(
    look: Callable[[], T],
    is_right: Callable[[T], bool] = bool,
    seconds: float = 30,
    pause: Callable[[float], None] = time.sleep,
) -> T:
    """`eventually` for tests without an event loop; `pause` waits so many seconds between two looks."""
    deadline = time.monotonic() + seconds
    while True:
        seen = look()
        if is_right(seen):
            return seen
        assert time.monotonic() < deadline, f"after {seconds} s still {seen!r:.2000}"
        pause(0.1)
