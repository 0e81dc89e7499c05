"""A bounded number of turns, and a bounded line before them that no person can fill.

Who comes while all turns are taken waits in line, where persons take turns (round robin) and what one person
asks stays in order. By Little's law a line of so many places takes `places × mean service time / at once`;
where that is longer than `LONGEST_WAIT`, or the line full, there is no room. Who has fewer in line than
another one then gets the place of that one's newest (longest queue drop, as in RFC 8290's FQ-CoDel).

A line that absorbs a burst is good; one that never ends serves nobody sooner and makes everybody wait (the
standing queue of CoDel, RFC 8289). So once somebody has waited all the time for `LONGEST_WAIT`, only who
would wait `CROWDED_WAIT` at most may join, until half of the turns are free.
"""

import asyncio
import math
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

LONGEST_LINE = 256
LONGEST_WAIT = 0.5
"""Seconds; also how long there may be a line."""
CROWDED_WAIT = 0.02
"""Seconds, where there has been a line for too long."""
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
        self._began_to_wait = math.inf
        """When the line that there is began."""
        self._is_crowded = False
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

    async def enter(
        self, who: str = "", until: float = math.inf, *, on_wait: Callable[[], None] | None = None
    ) -> Leave:
        """Wait for a turn; returns what ends it. Raises `NoRoom` at once if it would take too long.

        until: when it is of no use any more, on the clock. A turn doesn't begin after that.
        on_wait: called if there is something to wait for, before that.
        """
        now = self._clock()
        if until <= now:
            raise NoRoom
        if self.has_room():
            return self._turn(now)
        longest_wait = self._wait_allowed(now)
        self._make_place(who, longest_wait)
        if on_wait:
            on_wait()
        return await self._wait(who, min(until, now + 2 * longest_wait), now)

    def _wait_allowed(self, now: float) -> float:
        if now - self._began_to_wait > self._longest_wait:
            self._is_crowded = True
        return min(CROWDED_WAIT, self._longest_wait) if self._is_crowded else self._longest_wait

    def _wait_for(self, places: int) -> float:
        """What is under way takes at least as long as it has taken: so a stall shows before anything ends."""
        age = self._clock() - self._begun / self.working if self.working else 0.0
        return (places + 1) * max(self._service_time, age) / self._at_once

    def _make_place(self, who: str, longest_wait: float) -> None:
        if self.waiting < self._longest_line and self.expected_wait() <= longest_wait:
            return
        own = len(self._lines.get(who, ()))
        longest = max(self._lines.values(), key=len, default=deque[_Waiter]())
        served_before = len(self._lines) * (own + 1)
        if len(longest) <= own + 1 or self._wait_for(served_before) > longest_wait:
            raise NoRoom
        self._refuse(longest[-1])

    async def _wait(self, who: str, until: float, now: float) -> Leave:
        loop = asyncio.get_running_loop()
        waiter = _Waiter(who, until, loop.create_future())
        self._lines.setdefault(who, deque()).append(waiter)
        self.waiting += 1
        self._began_to_wait = min(self._began_to_wait, now)
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
            if not self.waiting:
                self._began_to_wait = math.inf
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
            if self.working <= self._at_once // 2:
                self._is_crowded = False

        return leave
