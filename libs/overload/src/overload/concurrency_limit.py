"""A bounded number of turns, and a bounded line before them that no person can fill.

Who comes while all turns are taken waits in line, where persons take turns (round robin) and what one person
asks stays in order. By Little's law a line of so many places takes `places × mean service time / turns`;
where that is longer than `MAX_WAIT`, or the line full, there is no room. Who has fewer in line than
another one then gets the place of that one's newest (longest queue drop, as in RFC 8290's FQ-CoDel).

A line that absorbs a burst is good; one that never ends serves nobody sooner and makes everybody wait (the
standing queue of CoDel, RFC 8289). So once somebody has waited all the time for `MAX_WAIT`, only who
would wait `CROWDED_WAIT` at most may join, until a turn was free for `FREE_AGAIN`.
"""

import asyncio
import math
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from overload.slots import Reservation, SharedSlots

MAX_QUEUE = 256
MAX_WAIT = 0.5
"""Seconds; also how long there may be a line."""
CROWDED_WAIT = 0.02
"""Seconds, where there has been a line for too long."""
FREE_AGAIN = 0.2
"""Seconds; longer than a round of a busy event loop, in which turns seem free that are taken at once."""
SMOOTHING = 0.05
"""Weight of the latest request in the mean service time."""

ReleaseSlot = Callable[[], None]
"""Ends a turn; more than once does no harm."""


class QueueFull(Exception):
    """Too many are there, or the time is over: nothing was begun."""


@dataclass(slots=True, eq=False)
class _Waiter:
    who: str
    until: float
    turn: "asyncio.Future[ReleaseSlot]"


class ConcurrencyLimiter:
    """How many may be worked on, and who may wait, in one bulkhead. For one event loop.

    More at once are not quicker on one processor, and each holds memory and a stream of the sidecar.

    pool: slots that it shares; none, for slots that are only its own.
    hung_after: seconds after which a request counts no more: what it waits for hangs (a replica that is
        frozen, say), and would hold every slot until its deadline, though it takes no processor time. As many
        as may queue are let go so.
    """

    def __init__(
        self,
        at_once: int,
        longest_line: int = MAX_QUEUE,
        longest_wait: float = MAX_WAIT,
        *,
        pool: SharedSlots | None = None,
        hung_after: float = math.inf,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._at_once = at_once
        self._pool = pool or SharedSlots(at_once)
        self._own = self._pool.own if pool else at_once
        self._pool.join(self)
        self._turns = at_once
        """How many it had when the last of them was taken."""
        self._hung_after = hung_after
        self._held: dict[object, float] = {}
        """When the work in progress was begun, oldest first."""
        self._hung = 0
        self._longest_line = longest_line
        self._longest_wait = longest_wait
        self._clock = clock
        self._lines: dict[str, deque[_Waiter]] = {}
        """Who waits, by person; whose turn is next stands first."""
        self._service_time = 0.0
        self._began_to_wait = math.inf
        """When the line that there is began."""
        self._is_crowded = False
        self._last_full = -math.inf
        """When somebody came, or left, while no turn was free."""
        self._begun = 0.0
        """The sum of the times at which the work in progress was begun."""
        self._reserved = 0
        self.waiting = 0
        self.working = 0

    def reserve(self, who: str) -> Reservation | None:
        """A turn or a place for `who`, if `enter` would give one; without the cost of asking it.

        Whoever comes next finds one more there. So of hundreds whose requests are read in one round of the
        event loop only those are let through who find room.
        """
        ahead = self.waiting + self._reserved - self._free_turns()
        if ahead >= 0 and self._let_go_of_hung(self._clock()):
            ahead = self.waiting + self._reserved - self._free_turns()
        if ahead >= 0:
            longest_wait = self._wait_allowed(self._clock())
            has_place = self._has_place(ahead, longest_wait)
            if not has_place and not self._may_reserve_in_place_of_others(who, longest_wait):
                return None
        self._reserved += 1
        return Reservation(self._give_back)

    def _may_reserve_in_place_of_others(self, who: str, longest_wait: float) -> bool:
        return self._reserved < self._longest_line and self._who_gives_way_to(who, longest_wait) is not None

    def _give_back(self) -> None:
        self._reserved -= 1

    def is_crowded(self) -> bool:
        """Whether there has been a line for too long, and has been a free turn for too short."""
        return self._is_crowded and self._clock() - self._last_full <= FREE_AGAIN

    def has_free_slot(self) -> bool:
        """Whether who comes now needn't wait."""
        return self._free_turns() > 0

    def _free_turns(self) -> int:
        shared = min(self._at_once - self.working, self._pool.at_once - self._pool.working)
        return max(self._own - self.working, shared, 0)

    def expected_wait(self) -> float:
        """Seconds until all are served who are there now, and the one who joins the line after them."""
        return self._wait_for(self.waiting)

    async def enter(
        self,
        who: str = "",
        until: float = math.inf,
        *,
        reservation: Reservation | None = None,
        on_wait: Callable[[], None] | None = None,
    ) -> ReleaseSlot:
        """Wait for a turn; returns what ends it. Raises `QueueFull` at once if it would take too long.

        until: when it is of no use any more, on the clock. A turn doesn't begin after that.
        reservation: used up, if it is still good: there is a place for it.
        on_wait: called if there is something to wait for, before that.
        """
        now = self._clock()
        is_expected = reservation is not None and reservation.give_back()
        if until <= now:
            raise QueueFull
        if self.has_free_slot() or (self._let_go_of_hung(now) and self.has_free_slot()):
            return self._turn(now)
        self._turns = self.working
        longest_wait = self._wait_allowed(now)
        if not self._make_place(who, longest_wait):
            if not is_expected:
                raise QueueFull
            longest_wait = self._longest_wait
        if on_wait:
            on_wait()
        return await self._wait(who, min(until, now + 2 * longest_wait), now)

    def _wait_allowed(self, now: float) -> float:
        """Seconds, for who comes while no turn is free."""
        if now - self._last_full > FREE_AGAIN:
            self._is_crowded = False
        self._last_full = now
        if now - self._began_to_wait > self._longest_wait:
            self._is_crowded = True
        return min(CROWDED_WAIT, self._longest_wait) if self._is_crowded else self._longest_wait

    def _wait_for(self, places: int) -> float:
        """Work in progress takes at least as long as it has taken: so a stall shows before anything ends."""
        age = self._clock() - self._begun / self.working if self.working else 0.0
        return (places + 1) * max(self._service_time, age) / self._turns

    def _make_place(self, who: str, longest_wait: float) -> bool:
        """Whether there is a place for `who`, perhaps that of somebody else."""
        if self._has_place(self.waiting, longest_wait):
            return True
        newest = self._who_gives_way_to(who, longest_wait)
        if newest is None:
            return False
        self._refuse(newest)
        return True

    def _has_place(self, ahead: int, longest_wait: float) -> bool:
        return ahead < self._longest_line and self._wait_for(ahead) <= longest_wait

    def _who_gives_way_to(self, who: str, longest_wait: float) -> _Waiter | None:
        own = len(self._lines.get(who, ()))
        longest = max(self._lines.values(), key=len, default=deque[_Waiter]())
        served_before = len(self._lines) * (own + 1)
        if len(longest) <= own + 1 or self._wait_for(served_before) > longest_wait:
            return None
        return longest[-1]

    async def _wait(self, who: str, until: float, now: float) -> ReleaseSlot:
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
            waiter.turn.set_exception(QueueFull())

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

    def admit_next(self) -> None:
        """Give free turns to who is next in line, and who waited too long, or left, none."""
        now = self._clock()
        while self._lines and self.has_free_slot():
            who, line = next(iter(self._lines.items()))
            waiter = line[0]
            if waiter.until <= now or waiter.turn.done():
                self._refuse(waiter)
                continue
            self._take_out(waiter)
            if line:
                self._lines[who] = self._lines.pop(who)
            waiter.turn.set_result(self._turn(now))

    def _turn(self, began: float) -> ReleaseSlot:
        slot: object | None = object()
        self._held[slot] = began
        self.working += 1
        self._pool.working += 1
        self._begun += began

        def leave() -> None:
            nonlocal slot
            if slot is None:
                return
            was_held, slot = self._held.pop(slot, None) is not None, None
            if not was_held:
                self._hung -= 1
                return
            now = self._clock()
            if not self.has_free_slot():
                self._last_full = now
            self._discount(began)
            self._service_time += (now - began - self._service_time) * SMOOTHING
            self._pool.admit_next()

        return leave

    def _discount(self, began: float) -> None:
        self.working -= 1
        self._pool.working -= 1
        self._begun -= began

    def _let_go_of_hung(self, now: float) -> bool:
        """Whether slots became free, which who waits gets first."""
        before = self._hung
        while self._held and self._hung < self._longest_line:
            slot, began = next(iter(self._held.items()))
            if now - began < self._hung_after:
                break
            del self._held[slot]
            self._discount(began)
            self._hung += 1
        if self._hung > before:
            self._pool.admit_next()
        return self._hung > before
