"""Slots for work in flight: those that several bulkheads share, and a promise of one."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol


class _Lane(Protocol):
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
    """Turns that several lanes share, so that together they aren't `at_once` as often as there are lanes.

    A quarter of as many is each lane's own, beyond those that are shared: one that holds all of them, because
    what it asks hangs, leaves the others some.
    """

    def __init__(self, at_once: int) -> None:
        self.at_once = at_once
        self.own = max(1, at_once // 4)
        self.working = 0
        self._lanes = deque[_Lane]()

    def join(self, lane: _Lane) -> None:
        self._lanes.append(lane)

    def admit_next(self) -> None:
        """Give free turns to who waits, in each lane in its turn."""
        self._lanes.rotate(-1)
        for lane in self._lanes:
            lane.admit_next()
