"""M/M/c, against what is known of it and against a queue played through."""

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loadtest.scale.queueing import erlang_c, servers_needed, waiting_seconds


class TestWaits:
    @given(st.floats(0.01, 0.99))
    def test_of_one_server_is_how_busy_it_is(self, load: float) -> None:
        assert erlang_c(1, load) == pytest.approx(load)

    @given(st.integers(1, 60), st.floats(0.01, 0.99))
    def test_is_erlang_s_formula(self, servers: int, busy: float) -> None:
        load = servers * busy
        last = load**servers / math.factorial(servers) / (1 - busy)
        known = last / (sum(load**number / math.factorial(number) for number in range(servers)) + last)
        assert erlang_c(servers, load) == pytest.approx(known)

    def test_everybody_where_more_come_than_can_be_served(self) -> None:
        assert erlang_c(3, 3) == 1
        assert waiting_seconds(3, rate=400, seconds=0.01) == math.inf

    def test_of_thousands(self) -> None:
        assert 0 < erlang_c(10_000, 9_950) < 1


class TestWaiting:
    @given(st.floats(0.06, 0.95))
    def test_of_one_server_is_exponential(self, busy: float) -> None:
        seconds = waiting_seconds(1, rate=busy, seconds=1)
        assert busy * math.exp(-seconds * (1 - busy)) == pytest.approx(0.05)

    @pytest.mark.parametrize(("servers", "busy"), [(1, 0.7), (4, 0.8), (8, 0.85)])
    def test_is_that_of_a_queue_played_through(self, servers: int, busy: float) -> None:
        waited = play(servers, rate=servers * busy, number=100_000)
        assert sorted(waited)[int(len(waited) * 0.95)] == pytest.approx(
            waiting_seconds(servers, servers * busy, 1), rel=0.15
        )


class TestServersNeeded:
    @settings(max_examples=200)
    @given(st.floats(0.1, 5_000), st.floats(0.0001, 0.1), st.floats(0.001, 1), st.floats(0.3, 0.95))
    def test_is_the_fewest(self, rate: float, seconds: float, wait: float, busy: float) -> None:
        def serve(servers: int) -> bool:
            return (
                rate * seconds <= servers * busy * (1 + 1e-6)
                and waiting_seconds(servers, rate, seconds) <= wait
            )

        found = servers_needed(rate, seconds, wait, busy)
        assert serve(found)
        assert found == 1 or not serve(found - 1)


def play(servers: int, rate: float, number: int) -> list[float]:
    """How long each waited, taking a second each on average."""
    chance = random.Random(1)
    free, now, waited = [0.0] * servers, 0.0, []
    for _ in range(number):
        now += chance.expovariate(rate)
        first = min(range(servers), key=free.__getitem__)
        waited.append(max(0.0, free[first] - now))
        free[first] = max(now, free[first]) + chance.expovariate(1)
    return waited
