"""How often a delivery is tried, and for how long."""

from datetime import UTC, datetime, timedelta

import pytest
from notification_service.channels.backoff import GIVEN_UP_AFTER, next_attempt_at
from notification_service.channels.delivery_job import parse_retry_after

START = datetime(2026, 5, 1, tzinfo=UTC)


class TestNextTry:
    def test_comes_later_each_time(self) -> None:
        pauses = [(next_attempt_at(tries, START, START) or START) - START for tries in range(1, 20)]
        assert pauses[:3] == [timedelta(seconds=5), timedelta(seconds=15), timedelta(seconds=45)]
        assert pauses[-1] == timedelta(hours=3)

    def test_ends_after_a_day(self) -> None:
        now, tries = START, 0
        while (following := next_attempt_at(tries + 1, START, now)) is not None:
            now, tries = following, tries + 1
        assert now == START + GIVEN_UP_AFTER
        assert 10 < tries < 25

    def test_comes_at_the_end_of_the_day_at_the_latest_and_not_after_it(self) -> None:
        last = START + GIVEN_UP_AFTER
        assert next_attempt_at(20, START, last - timedelta(minutes=1)) == last
        assert next_attempt_at(1, START, last) is None

    def test_waits_as_long_as_it_is_asked_to(self) -> None:
        assert next_attempt_at(1, START, START, 600) == START + timedelta(minutes=10)
        assert next_attempt_at(1, START, START, 1e9) == START + timedelta(hours=3)


class TestRetryAfter:
    @pytest.mark.parametrize(
        ("header", "seconds"),
        [("120", 120), (None, 0), ("", 0), ("Fri, 01 May 2026 12:00:00 GMT", 0), ("-5", 0), ("1.5", 0)],
    )
    def test_is_in_seconds_or_not_at_all(self, header: str | None, seconds: float) -> None:
        assert parse_retry_after(header) == seconds
