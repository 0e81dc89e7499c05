"""What many requests come to."""

from collections.abc import Sequence
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtest.load.samples import Sample, Tally, seconds_until_normal, select_between, tally_samples

statuses = st.sampled_from([0, 200, 201, 304, 400, 404, 429, 500, 503])
requests = st.builds(
    Sample,
    at=st.floats(0, 60),
    route=st.sampled_from("ab"),
    status=statuses,
    ms=st.floats(0, 10_000).map(lambda ms: round(ms, 2)),
)


def one(at: float, ms: float, status: int = 200) -> Sample:
    return Sample(at, "GET /tasks", status, ms)


class TestTally:
    @given(st.lists(requests))
    def test_counts_each_request_once(self, samples: list[Sample]) -> None:
        found = tally_samples(samples, 10)
        assert found.accepted + found.refused + found.failed == found.sent == len(samples)
        assert found.goodput == pytest.approx(found.accepted / 10, abs=0.01)

    @given(st.lists(requests, min_size=1))
    def test_percentiles_are_of_what_was_accepted(self, samples: list[Sample]) -> None:
        found, times = (
            tally_samples(samples, 1),
            [sample.ms for sample in samples if sample.status in (200, 201, 304)],
        )
        if not times:
            assert (found.p50, found.p95, found.p99) == (None, None, None)
            return
        for share, value in ((0.5, found.p50), (0.95, found.p95), (0.99, found.p99)):
            assert value in times
            assert sum(ms <= value for ms in times) >= share * len(times)

    def test_tells_refusals_from_failures(self) -> None:
        samples = [one(0, 10, 503), one(0, 60, 429), one(0, 5, 500), one(0, 5, 0), one(0, 5, 404)]
        found = tally_samples(samples, 1)
        assert (found.refused, found.failed) == (2, 3)
        assert found.quick_refusals == 0.5
        assert found.refused_p95 == 60

    def test_of_nothing(self) -> None:
        assert tally_samples([], 5) == Tally(0, 0, 0, 0, 0, None, None, None, None, None, None)


def steady(start: int, end: int, ms: float, status: int = 200) -> list[Sample]:
    """Ten requests a second."""
    return [one(start + number / 10, ms, status) for number in range((end - start) * 10)]


class TestSecondsUntilNormal:
    def test_at_once_where_nothing_is_slow(self) -> None:
        assert seconds_until_normal(steady(0, 20, 10), since=0, until=20, limit_ms=15) == 0

    def test_when_the_slow_ones_have_begun(self) -> None:
        samples = steady(0, 7, 500) + steady(7, 30, 10)
        assert seconds_until_normal(samples, since=0, until=30, limit_ms=15) == 7

    @pytest.mark.parametrize("status", [503, 500, 0])
    def test_not_while_somebody_is_turned_away(self, status: int) -> None:
        samples = [*steady(0, 30, 10), one(3.5, 1, status)]
        assert seconds_until_normal(samples, since=0, until=30, limit_ms=15) == 4

    def test_not_where_nobody_asks(self) -> None:
        assert seconds_until_normal(steady(10, 12, 10), since=0, until=30, limit_ms=15) == 6
        assert seconds_until_normal([], since=0, until=30, limit_ms=15) is None

    def test_never(self) -> None:
        assert seconds_until_normal(steady(0, 30, 500), since=0, until=30, limit_ms=15) is None

    @given(st.lists(requests, max_size=60), st.floats(1, 1_000))
    def test_is_the_first_window_that_is_normal(self, samples: Sequence[Sample], limit: float) -> None:
        def is_normal(second: int) -> bool:
            inside = [sample for sample in samples if second <= sample.at < second + 5]
            if not inside or not all(sample.status in (200, 201, 304) for sample in inside):
                return False
            slow = sum(sample.ms > limit for sample in inside)
            return slow <= len(inside) - 1 - min(len(inside) - 1, int(len(inside) * 0.95))

        first = next(filter(is_normal, range(56)), None)
        assert seconds_until_normal(samples, since=0, until=60, limit_ms=limit) == first


@given(st.lists(requests), st.floats(0, 60), st.floats(0, 60))
def test_spans_share_no_request(samples: list[Sample], one: float, other: float) -> None:
    start, end = sorted((one, other))
    parts = [
        select_between(samples, 0, start),
        select_between(samples, start, end),
        select_between(samples, end, 61),
    ]
    assert sorted(chain(*parts)) == sorted(samples)
