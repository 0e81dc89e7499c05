"""Who may be worked on, who may wait, and in which order: in bounded numbers, fair, nobody forgotten."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from overload.concurrency_limit import CROWDED_WAIT, ConcurrencyLimiter, QueueFull, ReleaseSlot


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


async def run_event_loop() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def in_line(
    capacity: ConcurrencyLimiter, number: int, who: str = ""
) -> list[asyncio.Task[ReleaseSlot]]:
    tasks = [asyncio.create_task(capacity.enter(who)) for _ in range(number)]
    await run_event_loop()
    return tasks


def refused(tasks: list[asyncio.Task[ReleaseSlot]]) -> list[asyncio.Task[ReleaseSlot]]:
    return [task for task in tasks if task.done() and isinstance(task.exception(), QueueFull)]


async def end(*tasks: asyncio.Task[ReleaseSlot]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


class TestTheLine:
    async def test_is_as_long_as_what_can_be_done_in_time(self) -> None:
        clock = Clock()
        capacity = ConcurrencyLimiter(2, longest_line=100, longest_wait=1.0, clock=clock)
        for _ in range(200):  # each takes 0.25 s: eight a second
            leave = await capacity.enter()
            clock.now += 0.25
            leave()
        tasks = await in_line(capacity, 20)
        assert len(tasks) - len(refused(tasks)) == 2 + 8
        await end(*tasks)

    async def test_that_stands_is_ended(self) -> None:
        """Ten a second come, eight are done: after a line of a second nobody waits long again."""
        clock = Clock()
        capacity = ConcurrencyLimiter(4, longest_wait=1.0, clock=clock)
        waits: list[tuple[float, float]] = []
        ends: list[tuple[float, ReleaseSlot]] = []

        async def ask() -> None:
            came = clock.now
            leave = await capacity.enter()
            waits.append((came, clock.now - came))
            ends.append((clock.now + 0.5, leave))

        tasks = []
        for step in range(640):
            clock.now = step / 80
            for end, leave in [each for each in ends if each[0] <= clock.now]:
                ends.remove((end, leave))
                leave()
            if step % 8 == 0:
                tasks.append(asyncio.create_task(ask()))
            await run_event_loop()
        late = [wait for came, wait in waits if came > 3]
        assert len(late) > 35
        assert max(wait for _, wait in waits) > 0.2
        assert max(late) <= 2 * CROWDED_WAIT
        await asyncio.gather(*tasks, return_exceptions=True)

    async def test_shortens_when_work_stalls_before_any_of_it_ends(self) -> None:
        clock = Clock()
        capacity = ConcurrencyLimiter(2, longest_line=100, longest_wait=1.0, clock=clock)
        clock.now = 1000.0
        tasks = await in_line(capacity, 12)
        assert [task.done() for task in tasks] == [True] * 2 + [False] * 10
        clock.now += 5
        with pytest.raises(QueueFull):
            await capacity.enter()
        await end(*tasks)

    async def test_does_not_keep_anybody_for_long(self) -> None:
        """In a stall those who wait already are refused, too, and their places are free again."""
        capacity = ConcurrencyLimiter(1, longest_line=100, longest_wait=0.05)
        leave = await capacity.enter()
        waiting = await in_line(capacity, 3)
        async with asyncio.timeout(1):
            found = await asyncio.gather(*waiting, return_exceptions=True)
        assert {type(each) for each in found} == {QueueFull}
        assert capacity.expected_wait() < 1
        leave()
        (await capacity.enter())()


class TestADeadline:
    async def test_that_is_over_when_it_comes_is_refused_at_once(self) -> None:
        clock = Clock()
        capacity = ConcurrencyLimiter(1, clock=clock)
        with pytest.raises(QueueFull):
            await capacity.enter(until=clock.now)

    async def test_is_waited_for_no_longer(self) -> None:
        clock = Clock()
        capacity = ConcurrencyLimiter(1, clock=clock)
        await capacity.enter()
        async with asyncio.timeout(1):
            with pytest.raises(QueueFull):
                await capacity.enter(until=clock.now + 0.01)
        assert capacity.waiting == 0

    async def test_that_is_over_in_line_leaves_the_turn_to_the_next(self) -> None:
        """Also where the loop was too busy to tell it: the clock decides, not the timer."""
        clock = Clock()
        capacity = ConcurrencyLimiter(1, clock=clock)
        leave = await capacity.enter()
        late = asyncio.create_task(capacity.enter(until=0.5))
        (patient,) = await in_line(capacity, 1)
        clock.now = 0.6
        leave()
        await run_event_loop()
        assert refused([late]) == [late]
        assert patient.done()
        assert not patient.exception()


class TestTurnsOfPersons:
    async def test_alternate_however_many_one_sends(self) -> None:
        capacity = ConcurrencyLimiter(1)
        served: list[str] = []
        leave = await capacity.enter()

        async def ask(who: str) -> None:
            own = await capacity.enter(who)
            served.append(who)
            own()

        tasks = [asyncio.create_task(ask(who)) for who in ["many"] * 20]
        await run_event_loop()
        tasks += [asyncio.create_task(ask(who)) for who in ["one", "two", "two"]]
        await run_event_loop()
        leave()
        await asyncio.gather(*tasks)
        assert served[:6] == ["many", "one", "two", "many", "two", "many"]

    async def test_are_not_lost_to_who_fills_the_line(self) -> None:
        capacity = ConcurrencyLimiter(1, longest_line=10)
        await capacity.enter()
        many = await in_line(capacity, 10, "many")
        (late,) = await in_line(capacity, 1, "many")
        assert refused([late]) == [late]
        (one,) = await in_line(capacity, 1, "one")
        assert not one.done()
        assert refused(many) == [many[-1]]
        assert capacity.waiting == 10
        await end(*many, one)

    async def test_are_not_given_at_the_price_of_who_has_as_few(self) -> None:
        capacity = ConcurrencyLimiter(1, longest_line=2)
        await capacity.enter()
        first = await in_line(capacity, 1, "first") + await in_line(capacity, 1, "second")
        (third,) = await in_line(capacity, 1, "third")
        assert refused([third]) == [third]
        assert not refused(first)
        await end(*first)


@dataclass
class Crowd:
    """Persons at a capacity of three with a line of six, on a clock of their own."""

    clock: Clock = field(default_factory=Clock)
    entries: list[tuple[str, float, "asyncio.Task[ReleaseSlot]"]] = field(default_factory=list)
    inside: list[ReleaseSlot] = field(default_factory=list)
    begun: list[int] = field(default_factory=list)
    """Numbers of those who got a turn, in that order."""

    def __post_init__(self) -> None:
        self.capacity = ConcurrencyLimiter(3, longest_line=6, longest_wait=1e6, clock=self.clock)

    def ask(self, who: str, patience: float) -> None:
        until = self.clock.now + patience
        number = len(self.entries)
        self.entries.append((who, until, asyncio.create_task(self._enter(number, who, until))))

    async def _enter(self, number: int, who: str, until: float) -> ReleaseSlot:
        leave = await self.capacity.enter(who, until)
        assert self.clock.now < until
        self.inside.append(leave)
        self.begun.append(number)
        return leave

    def waiting(self) -> list[int]:
        return [number for number, (_, _, task) in enumerate(self.entries) if not task.done()]

    def leave(self, times: int) -> None:
        if self.inside:
            leave = self.inside.pop(0)
            for _ in range(times):
                leave()

    def go_away(self, index: int) -> None:
        waiting = self.waiting()
        if waiting:
            self.entries[waiting[index % len(waiting)]][2].cancel()


PERSONS = st.sampled_from("abcd")
STEPS = st.one_of(
    st.tuples(st.just("ask"), PERSONS, st.floats(0.5, 1e6)),
    st.tuples(st.just("leave"), st.integers(1, 2), st.none()),
    st.tuples(st.just("go"), st.integers(0, 5), st.none()),
    st.tuples(st.just("later"), st.floats(0, 2), st.none()),
    st.tuples(st.just("settle"), st.none(), st.none()),
)


class TestATurn:
    async def test_is_passed_on_by_who_goes_in_the_moment_of_getting_it(self) -> None:
        capacity = ConcurrencyLimiter(1)
        leave = await capacity.enter()
        first, second = await in_line(capacity, 2)
        leave()
        first.cancel()
        await run_event_loop()
        assert first.cancelled()
        assert second.done()


class TestAnyCrowd:
    @given(st.lists(STEPS, max_size=80))
    @settings(max_examples=300)
    def test_is_served_in_bounds_and_order_and_nobody_is_forgotten(
        self, steps: list[tuple[str, Any, Any]]
    ) -> None:
        """What stands between two of `run_event_loop` happens at once."""

        async def run() -> None:
            crowd = Crowd()
            for step in steps:
                match step:
                    case ("ask", who, patience):
                        crowd.ask(who, patience)
                    case ("leave", times, _):
                        crowd.leave(times)
                    case ("go", index, _):
                        crowd.go_away(index)
                    case ("later", seconds, _):
                        await run_event_loop()  # a turn that was given in time is taken in time
                        crowd.clock.now += seconds
                    case _:
                        await run_event_loop()
                if step[0] == "settle":
                    assert len(crowd.inside) == crowd.capacity.working
                    assert not crowd.waiting() or crowd.capacity.working == 3
                    assert len(crowd.waiting()) == crowd.capacity.waiting
                assert crowd.capacity.working <= 3
                assert crowd.capacity.waiting <= 6
            await run_event_loop()
            while crowd.inside:
                crowd.leave(1)
                await run_event_loop()
            assert all(task.done() for _, _, task in crowd.entries)
            assert (crowd.capacity.working, crowd.capacity.waiting) == (0, 0)
            for person in "abcd":
                own = [number for number in crowd.begun if crowd.entries[number][0] == person]
                assert own == sorted(own)

        asyncio.run(run())

    @given(st.lists(PERSONS, min_size=1, max_size=40), st.integers(1, 3))
    def test_that_waits_together_is_served_evenly(self, persons: list[str], at_once: int) -> None:
        """While two of them wait, neither has been served twice more than the other."""

        async def run() -> None:
            capacity = ConcurrencyLimiter(at_once, longest_line=100)
            leaves = [await capacity.enter() for _ in range(at_once)]
            left, served = Counter(persons), Counter[str]()
            tasks = {asyncio.create_task(capacity.enter(who)): who for who in persons}
            await run_event_loop()
            while tasks:
                leaves.pop(0)()
                await run_event_loop()
                done = [task for task in tasks if task.done()]
                for task in done:
                    who = tasks.pop(task)
                    leaves.append(task.result())
                    served[who] += 1
                    left[who] -= 1
                counts = [served[who] for who in left if left[who]]
                assert not counts or max(counts) - min(counts) <= 1

        asyncio.run(run())


class TestWhatHangs:
    """A replica that is frozen answers nobody; who asks the other one must get a slot."""

    AFTER = 3.0

    def limiter(self, clock: Clock, longest_line: int = 4) -> ConcurrencyLimiter:
        return ConcurrencyLimiter(2, longest_line, clock=clock, hung_after=self.AFTER)

    async def test_holds_its_slot_no_longer_than_that(self) -> None:
        clock = Clock()
        limiter = self.limiter(clock)
        hung = [await limiter.enter(), await limiter.enter()]
        clock.now += self.AFTER - 0.1
        with pytest.raises(QueueFull):
            await limiter.enter()
        clock.now += 0.1
        leave = await limiter.enter()
        assert limiter.working == 1
        for end_of_hung in [*hung, *hung]:
            end_of_hung()
        assert limiter.working == 1
        leave()
        assert limiter.working == 0

    async def test_counts_for_who_reserves_as_for_who_enters(self) -> None:
        clock = Clock()
        limiter = self.limiter(clock)
        for _ in range(2):
            await limiter.enter()
        clock.now += self.AFTER
        assert [bool(limiter.reserve("")) for _ in range(2)] == [True, True]

    async def test_is_let_go_in_bounded_numbers(self) -> None:
        clock = Clock()
        limiter = self.limiter(clock, longest_line=4)
        hung = []
        for _ in range(3):
            hung += [await limiter.enter() for _ in range(2)]
            clock.now += self.AFTER
        with pytest.raises(QueueFull):
            await limiter.enter()
        hung[0]()
        await limiter.enter()

    async def test_says_nothing_of_how_long_others_take(self) -> None:
        clock = Clock()
        limiter = self.limiter(clock)
        hung = [await limiter.enter(), await limiter.enter()]
        clock.now += self.AFTER
        (await limiter.enter())()
        for leave in hung:
            leave()
        assert limiter.expected_wait() == 0
