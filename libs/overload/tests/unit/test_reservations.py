"""Places that are kept for who is on the way, and turns that several limiters share."""

import asyncio
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from libs.overload.tests.unit.test_line import Clock, end, in_line, refused, run_event_loop
from overload.concurrency_limit import CROWDED_WAIT, ConcurrencyLimiter, QueueFull, ReleaseSlot
from overload.slots import Reservation, SharedSlots


@dataclass
class Twin:
    """A capacity that is asked with a reservation each time, or without one."""

    reserves: bool
    clock: Clock = field(default_factory=Clock)
    entries: list["asyncio.Task[ReleaseSlot] | None"] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.capacity = ConcurrencyLimiter(2, longest_line=4, longest_wait=1.0, clock=self.clock)

    async def ask(self, who: str) -> None:
        reservation = self.capacity.reserve(who) if self.reserves else None
        if self.reserves and reservation is None:
            self.entries.append(None)
            return
        entering = self.capacity.enter(who, reservation=reservation)
        self.entries.append(asyncio.create_task(entering))
        await run_event_loop()

    def fates(self) -> list[str]:
        return [self._fate(task) for task in self.entries]

    def _fate(self, task: "asyncio.Task[ReleaseSlot] | None") -> str:
        if task is None or (task.done() and isinstance(task.exception(), QueueFull)):
            return "refused"
        return "in" if task.done() else "waits"

    def leave(self) -> None:
        inside = [task for task in self.entries if task and task.done() and not task.exception()]
        for task in inside:
            task.result()()  # a turn that has ended can't end again

    async def end(self) -> None:
        await end(*filter(None, self.entries))


ASK = st.tuples(st.just("ask"), st.sampled_from("abc"))
STEPS = st.lists(st.one_of(ASK, ASK, ASK, st.just(("leave", "")), st.just(("time", ""))), max_size=40)


class TestAReservation:
    @settings(max_examples=200)
    @given(steps=STEPS)
    async def test_is_had_by_whom_the_line_would_take(self, steps: list[tuple[str, str]]) -> None:
        twins = Twin(reserves=True), Twin(reserves=False)
        for what, who in steps:
            for twin in twins:
                if what == "ask":
                    await twin.ask(who)
                elif what == "leave":
                    twin.leave()
                else:
                    twin.clock.now += 0.3
                await run_event_loop()
            assert twins[0].fates() == twins[1].fates()
        for twin in twins:
            await twin.end()

    async def test_counts_for_who_comes_next(self) -> None:
        clock = Clock()
        capacity = ConcurrencyLimiter(2, longest_line=3, clock=clock)
        found = [capacity.reserve(str(number)) for number in range(100)]
        assert [each is not None for each in found] == [True] * 5 + [False] * 95

    async def test_is_good_once(self) -> None:
        capacity = ConcurrencyLimiter(1, longest_line=0)
        reservation = capacity.reserve("a")
        assert isinstance(reservation, Reservation)
        assert capacity.reserve("b") is None
        assert [reservation.give_back() for _ in range(3)] == [True, False, False]
        assert capacity.reserve("b")
        assert capacity.reserve("c") is None

    async def test_is_a_place_in_a_line_that_is_full_by_now(self) -> None:
        """As for a request whose body comes after those of others."""
        capacity = ConcurrencyLimiter(1, longest_line=1)
        leave = await capacity.enter("a")
        reservation = capacity.reserve("slow")
        assert reservation
        (other,) = await in_line(capacity, 1, "b")
        slow = asyncio.create_task(capacity.enter("slow", reservation=reservation))
        late = await in_line(capacity, 1, "late")
        assert refused(late) == late
        leave()
        await run_event_loop()
        assert other.done()
        other.result()()
        await run_event_loop()
        assert slow.done()
        assert not slow.exception()

    async def test_waits_as_long_as_any_in_a_crowd(self) -> None:
        """Whoever has no reservation is refused there if the turn doesn't come at once."""
        clock = Clock()
        capacity = ConcurrencyLimiter(1, longest_wait=0.2, clock=clock)
        leave = await capacity.enter()
        reservation = capacity.reserve("a")
        first = await in_line(capacity, 1)
        clock.now += 0.15
        await in_line(capacity, 1)
        clock.now += 0.15
        expected = asyncio.create_task(capacity.enter("a", reservation=reservation))
        late = await in_line(capacity, 1)
        assert refused(late) == late
        await asyncio.sleep(4 * CROWDED_WAIT)
        leave()
        await run_event_loop()
        first[0].result()()
        await run_event_loop()
        assert expected.done()
        assert not expected.exception()


class TestAPool:
    async def test_gives_its_limiters_no_more_than_it_has_and_what_is_their_own(self) -> None:
        pool = SharedSlots(8)
        first, second, third = (ConcurrencyLimiter(8, pool=pool) for _ in range(3))
        for limiter in (first, second, third):
            entries = await in_line(limiter, 20)
            inside = [task for task in entries if task.done()]
            assert len(inside) == (8 if limiter is first else 2)
        assert pool.working == 8 + 2 + 2

    async def test_passes_a_free_turn_to_the_lane_that_waits(self) -> None:
        pool = SharedSlots(4)
        first, second = ConcurrencyLimiter(4, pool=pool), ConcurrencyLimiter(4, pool=pool)
        leaves = [await first.enter() for _ in range(4)]
        own = await second.enter()
        (waiting,) = await in_line(second, 1)
        assert not waiting.done()
        own()
        await run_event_loop()
        assert waiting.done(), "its own turn is free again"
        (more,) = await in_line(second, 1)
        leaves[0]()
        await run_event_loop()
        assert not more.done(), "four are at work, one of them at the second limiter"
        leaves[1]()
        await run_event_loop()
        assert more.done()

    async def test_lets_limiters_that_wait_take_turns(self) -> None:
        pool = SharedSlots(4)
        limiters = [ConcurrencyLimiter(4, pool=pool) for _ in range(3)]
        leaves = [await limiters[0].enter() for _ in range(4)]
        own = [await limiter.enter() for limiter in limiters[1:]]
        waiting = [await in_line(limiter, 4) for limiter in limiters]
        for leave in (*leaves, *own):
            leave()
            await run_event_loop()
        assert [sum(task.done() for task in tasks) for tasks in waiting] == [2, 1, 1]

    @settings(max_examples=100)
    @given(steps=st.lists(st.tuples(st.integers(0, 2), st.sampled_from(["ask", "leave"])), max_size=60))
    async def test_leaves_nobody_waiting_while_a_turn_is_free(self, steps: list[tuple[int, str]]) -> None:
        pool, clock = SharedSlots(4), Clock()
        limiters = [ConcurrencyLimiter(4, longest_wait=1e6, pool=pool, clock=clock) for _ in range(3)]
        entries: list[list[asyncio.Task[ReleaseSlot]]] = [[], [], []]
        for number, what in steps:
            if what == "ask":
                entries[number] += await in_line(limiters[number], 1)
            elif inside := [task for task in entries[number] if task.done()]:
                entries[number].remove(inside[0])
                inside[0].result()()
                await run_event_loop()
            assert pool.working == sum(limiter.working for limiter in limiters) <= 4 + 2
            assert not any(limiter.has_free_slot() and limiter.waiting for limiter in limiters)
        await end(*(task for tasks in entries for task in tasks))
