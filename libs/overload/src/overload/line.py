"""A bounded number of turns, and a bounded line before them that no person can fill.

Who comes while all turns are taken waits in line, where persons take turns (round robin) and what one person
asks stays in order. By Little's law a line of so many places takes `places × mean service time / at once`;
where that is longer than `LONGEST_WAIT`, or the line full, there is no room. Who has fewer in line than
another one then gets the place of that one's newest (longest queue drop, as in RFC 8290's FQ-CoDel).
"""

import asyncio
import math
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

LONGEST_LINE = 256
LONGEST_WAIT = 1.0
"""Seconds."""
SMOOTHING = 0.05
"""Weight of the latest request in the mean service time."""

Leave = Callable[[], None]
"""Ends a turn; more than once does no harm."""


class NoRoom(Exception):
    """Too many are there, or the time is over: nothing was begun."""


@dataclass(slots=True, eq=False)
class _Waiter:
    who: str
    until: float
    turn: "asyncio.Future[Leave]"


class Capacity:
    """How many may be worked on, and who may wait. For one event loop.

    More at once are not quicker on one processor, and each holds memory and a stream of the sidecar.
    """

    def __init__(
        self,
        at_once: int,
        longest_line: int = LONGEST_LINE,
        longest_wait: float = LONGEST_WAIT,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._at_once = at_once
        self._longest_line = longest_line
        self._longest_wait = longest_wait
        self._clock = clock
        self._lines: dict[str, deque[_Waiter]] = {}
        """Who waits, by person; whose turn is next stands first."""
        self._service_time = 0.0
        self._begun = 0.0
        """The sum of the times at which the work under way was begun."""
        self.waiting = 0
        self.working = 0

    def has_room(self) -> bool:
        """Whether who comes now needn't wait."""
        return self.working < self._at_once

    def expected_wait(self) -> float:
        """Seconds until all are served who are there now, and the one who joins the line after them."""
        return self._wait_for(self.waiting)

    async def enter(self, who: str = "", until: float = math.inf) -> Leave:
        """Wait for a turn; returns what ends it. Raises `NoRoom` at once if it would take too long.

        until: when it is of no use any more, on the clock. A turn doesn't begin after that.
        """
        now = self._clock()
        if until <= now:
            raise NoRoom
        if self.has_room():
            return self._turn(now)
        self._make_place(who)
        return await self._wait(who, min(until, now + 2 * self._longest_wait), now)

    def _wait_for(self, places: int) -> float:
        """What is under way takes at least as long as it has taken: so a stall shows before anything ends."""
        age = self._clock() - self._begun / self.working if self.working else 0.0
        return (places + 1) * max(self._service_time, age) / self._at_once

    def _make_place(self, who: str) -> None:
        if self.waiting < self._longest_line and self.expected_wait() <= self._longest_wait:
            return
        own = len(self._lines.get(who, ()))
        longest = max(self._lines.values(), key=len, default=deque[_Waiter]())
        served_before = len(self._lines) * (own + 1)
        if len(longest) <= own + 1 or self._wait_for(served_before) > self._longest_wait:
            raise NoRoom
        self._refuse(longest[-1])

    async def _wait(self, who: str, until: float, now: float) -> Leave:
        loop = asyncio.get_running_loop()
        waiter = _Waiter(who, until, loop.create_future())
        self._lines.setdefault(who, deque()).append(waiter)
        self.waiting += 1
        timer = loop.call_later(until - now, self._refuse, waiter)
        try:
            return await waiter.turn
        except asyncio.CancelledError:
            if not waiter.turn.cancelled() and not waiter.turn.exception():
                waiter.turn.result()()
            raise
        finally:
            timer.cancel()
            self._take_out(waiter)

    def _refuse(self, waiter: _Waiter) -> None:
        self._take_out(waiter)
        if not waiter.turn.done():
            waiter.turn.set_exception(NoRoom())

    def _take_out(self, waiter: _Waiter) -> None:
        """Out of the line, if it is still there."""
        line = self._lines.get(waiter.who, ())
        if line and waiter in line:
            line.remove(waiter)
            self.waiting -= 1
            if not line:
                del self._lines[waiter.who]

    def _pass_on(self) -> None:
        """Give free turns to who is next, and who waited too long, or left, none."""
        now = self._clock()
        while self._lines and self.has_room():
            who, line = next(iter(self._lines.items()))
            waiter = line[0]
            if waiter.until <= now or waiter.turn.done():
                self._refuse(waiter)
                continue
            self._take_out(waiter)
            if line:
                self._lines[who] = self._lines.pop(who)
            waiter.turn.set_result(self._turn(now))

    def _turn(self, began: float) -> Leave:
        has_left = False
        self.working += 1
        self._begun += began

        def leave() -> None:
            nonlocal has_left
            if has_left:
                return
            has_left = True
            self.working -= 1
            self._begun -= began
            self._service_time += (self._clock() - began - self._service_time) * SMOOTHING
            self._pass_on()

        return leave
