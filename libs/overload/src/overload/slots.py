"""Slots for work in flight: those that several bulkheads share, and a promise of one."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol


class _Limiter(Protocol):
    def admit_next(self) -> None: ...


@dataclass(slots=True, eq=False)
class Reservation:
    """A turn or a place that is kept, until it is used or given back."""

    _give_back: Callable[[], None]
    _is_good: bool = True

    def give_back(self) -> bool:
        """Whether it was still good; more than once does no harm."""
        was_good, self._is_good = self._is_good, False
        if was_good:
            self._give_back()
        return was_good


class SharedSlots:
    """Turns that several limiters share, so that there are `at_once` of them, and not as many for each.

    A quarter of as many is each limiter's own, beyond those that are shared: one that holds all of them,
    because what it asks hangs, leaves the others some.
    """

    def __init__(self, at_once: int) -> None:
        self.at_once = at_once
        self.own = max(1, at_once // 4)
        self.working = 0
        self._limiters = deque[_Limiter]()

    def join(self, limiter: _Limiter) -> None:
        self._limiters.append(limiter)

    def admit_next(self) -> None:
        """Give free turns to who waits, at each limiter in its turn."""
        self._limiters.rotate(-1)
        for limiter in self._limiters:
            limiter.admit_next()
