"""How often a request may be sent again."""

import asyncio
from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from overload.retries import REQUESTS_A_RETRY, RetryBudget, send_with_retries


@dataclass
class Response:
    whole: bool = True
    refusal: bool = False

    def is_complete(self) -> bool:
        return self.whole

    def is_refusal(self) -> bool:
        return self.refusal


@dataclass
class Upstream:
    """Gives the responses one after the other, and the last one ever after."""

    responses: list[Response | None]
    tries: int = 0

    async def __call__(self, _: float) -> Response | None:
        self.tries += 1
        return self.responses[min(self.tries, len(self.responses)) - 1]


PAUSES = (0, 0, 0)


class TestABudget:
    @given(st.integers(0, 5), st.lists(st.sampled_from(["came", "spend"]), max_size=400))
    def test_lets_through_at_most_a_tenth_more_than_came_and_its_reserve(
        self, reserve: int, steps: list[str]
    ) -> None:
        budget = RetryBudget(reserve)
        came = spent = 0
        for step in steps:
            if step == "came":
                budget.request_came()
                came += 1
            else:
                spent += budget.spend()
            assert spent <= reserve + came / REQUESTS_A_RETRY

    def test_saves_no_more_than_its_reserve(self) -> None:
        budget = RetryBudget(2)
        for _ in range(1000):
            budget.request_came()
        assert [budget.spend() for _ in range(3)] == [True, True, False]

    def test_is_there_again_after_ten_requests(self) -> None:
        budget = RetryBudget(1)
        assert budget.spend()
        for _ in range(9):
            budget.request_came()
        assert not budget.spend()
        budget.request_came()
        assert budget.spend()


class TestSendWithRetries:
    async def test_asks_nobody_again_who_answered(self) -> None:
        upstream = Upstream([Response()])
        assert await send_with_retries(upstream, 1, PAUSES, RetryBudget()) is upstream.responses[0]
        assert upstream.tries == 1

    async def test_asks_a_tenth_more_while_nobody_answers(self) -> None:
        upstream, budget = Upstream([None]), RetryBudget(3)
        for _ in range(1000):
            await send_with_retries(upstream, 1, PAUSES, budget)
        assert 1000 + 100 <= upstream.tries <= 1000 + 100 + 3

    async def test_gives_what_broke_off_to_who_may_not_ask_again(self) -> None:
        upstream = Upstream([Response(whole=False)])
        assert await send_with_retries(upstream, 1, PAUSES, RetryBudget(0)) is upstream.responses[0]
        assert upstream.tries == 1

    async def test_returns_a_refusal_of_the_first_try(self) -> None:
        upstream = Upstream([Response(refusal=True)])
        assert await send_with_retries(upstream, 1, PAUSES, RetryBudget()) is upstream.responses[0]
        assert upstream.tries == 1

    @given(st.lists(st.sampled_from([None, Response(whole=False)]), min_size=1, max_size=3))
    def test_does_not_promise_that_nothing_was_done_after_a_try_that_was_cut_off(
        self, cut_off: list[Response | None]
    ) -> None:
        upstream = Upstream([*cut_off, Response(refusal=True)])
        returned = asyncio.run(send_with_retries(upstream, 1, PAUSES, RetryBudget()))
        assert returned is cut_off[-1]
        assert upstream.tries == len(cut_off) + 1
