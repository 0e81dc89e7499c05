"""Asking again: the one place where a request is sent more than once, and how often that may be.

A token bucket, as Finagle's `RetryBudget`, and a tenth, as the SRE book's (chapter 21, "Handling Overload"):
who can't answer all requests isn't helped by four times as many.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol, TypeVar

from overload import deadline

LEAST_SECONDS = 0.05
"""For a last try; aiohttp would take 0 for no limit at all."""
REQUESTS_A_RETRY = 10
RESERVE = 32
"""Retries; each request that is in flight when a replica goes may be sent again once."""


class RetryBudget:
    """One retry for every ten requests; up to `reserve` of them are saved, and there from the start."""

    def __init__(self, reserve: int = RESERVE) -> None:
        self._most = self._saved = reserve * REQUESTS_A_RETRY

    def request_came(self) -> None:
        self._saved = min(self._most, self._saved + 1)

    def spend(self) -> bool:
        """Whether a request may be sent again, which is taken off."""
        if self._saved < REQUESTS_A_RETRY:
            return False
        self._saved -= REQUESTS_A_RETRY
        return True


class _Response(Protocol):
    def is_complete(self) -> bool: ...

    def is_refusal(self) -> bool:
        """Whether it promises that nothing was done."""
        ...


R = TypeVar("R", bound=_Response)
Once = Callable[[float], Awaitable[R | None]]
"""One try, given seconds."""


async def send_with_retries(
    once: Once[R], timeout: float, pauses: Sequence[float], budget: RetryBudget
) -> R | None:
    """The first whole response; the last broken one, or None, where none comes.

    All tries together have `timeout` seconds, or what is left to who asked for this. A refusal is true of
    its own try only: after one whose end nobody saw, what that one gave is returned in its place.
    """
    left = min(timeout, deadline.remaining())
    until = time.monotonic() + left
    budget.request_came()
    tries, unsure = 0, None
    while True:
        response = await once(left)
        if response and response.is_complete():
            return unsure if tries and response.is_refusal() else response
        if tries == len(pauses) or time.monotonic() + pauses[tries] > until or not budget.spend():
            return response
        await asyncio.sleep(pauses[tries])
        tries, unsure = tries + 1, response
        left = max(until - time.monotonic(), LEAST_SECONDS)
