"""What comes at once goes together; each is told of its own, and each user's events stay in order."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.names import Topic
from overload.gathering import Gathering
from servicekit.deliveries import Delivery, Status

messages = st.lists(
    st.lists(st.tuples(st.integers(0, 3), st.sampled_from(list(Status))), max_size=3), min_size=1, max_size=8
)
"""Partitions, each with its messages: how many turns of the loop it is late, and what becomes of it."""


def delivery(name: Any) -> Delivery:
    return Delivery(Topic.TODO_EVENTS, name)


class Effects:
    """Handles what is delivered, one call at a time, by the last word of what it is."""

    def __init__(self) -> None:
        self.calls: list[list[Any]] = []
        self._busy = False

    async def deliver(self, batch: Sequence[Delivery]) -> list[Status]:
        assert not self._busy
        self._busy = True
        await asyncio.sleep(0)
        self._busy = False
        self.calls.append([each.raw for each in batch])
        return [Status(each.raw[-1]) for each in batch]


class TestGathering:
    @given(messages)
    def test_tells_each_of_its_own_and_keeps_the_order_of_each(
        self, partitions: list[list[tuple[int, Status]]]
    ) -> None:
        effects = Effects()
        together = Gathering(effects.deliver)

        async def partition(number: int) -> None:
            for position, (late, status) in enumerate(partitions[number]):
                for _ in range(late):
                    await asyncio.sleep(0)
                events = [delivery((number, position, part, status)) for part in range(late + 1)]
                assert await together(events) == [status] * len(events)

        async def run() -> None:
            await asyncio.gather(*map(partition, range(len(partitions))))

        asyncio.run(run())
        handled = [event for call in effects.calls for event in call]
        for number, expected in enumerate(partitions):
            mine = [event[1:3] for event in handled if event[0] == number]
            assert mine == [(at, part) for at, (late, _) in enumerate(expected) for part in range(late + 1)]

    async def test_takes_what_came_meanwhile_in_one_call(self) -> None:
        effects = Effects()
        together = Gathering(effects.deliver)
        await asyncio.gather(*(together([delivery((name, "SUCCESS"))]) for name in "abcd"))
        assert [len(call) for call in effects.calls] == [4]

    async def test_waits_for_nobody(self) -> None:
        effects = Effects()
        together = Gathering(effects.deliver)
        for name in "ab":
            assert await together([delivery((name, "RETRY"))]) == [Status.RETRY]
        assert [len(call) for call in effects.calls] == [1, 1]

    async def test_goes_on_after_what_fails(self) -> None:
        async def fail(_: Sequence[Delivery]) -> list[Status]:
            if len(calls) == 1:
                raise ValueError("no")
            return [Status.SUCCESS]

        calls: list[int] = [1]
        together = Gathering(fail)
        with pytest.raises(ValueError, match="no"):
            await together([delivery("a")])
        calls.append(2)
        assert await together([delivery("b")]) == [Status.SUCCESS]

    async def test_handles_what_is_not_waited_for_any_more(self) -> None:
        effects = Effects()
        together = Gathering(effects.deliver)
        gone = asyncio.create_task(together([delivery(("a", "SUCCESS"))]))
        await asyncio.sleep(0)
        gone.cancel()
        assert await together([delivery(("b", "SUCCESS"))]) == [Status.SUCCESS]
        assert [name for call in effects.calls for name, _ in call] == ["a", "b"]
