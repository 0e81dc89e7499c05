"""When to remind, and when to be quiet."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from notification_service.reminders.instants import (
    compute_due_at,
    compute_remind_at,
    is_late,
    load_zone,
    next_noisy_instant,
    next_wall_clock_time,
)

BERLIN = ZoneInfo("Europe/Berlin")
NINE = time(9)
ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Pacific/Apia"])
INSTANTS = st.datetimes(datetime(2000, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds are naive


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


class TestDueInstant:
    def test_of_a_time_is_that_instant(self) -> None:
        due_at = utc("2026-05-01T08:00")
        assert compute_due_at(due_at, date(2026, 5, 1), NINE, BERLIN) == due_at

    def test_of_a_day_is_when_the_day_starts_there(self) -> None:
        assert compute_due_at(None, date(2026, 7, 1), NINE, BERLIN) == utc("2026-07-01T07:00")
        assert compute_due_at(None, date(2026, 1, 1), NINE, BERLIN) == utc("2026-01-01T08:00")

    def test_at_the_ends_of_the_calendar_is_none(self) -> None:
        assert compute_due_at(None, date.min, time(0), BERLIN) is None
        assert compute_remind_at(60, None, datetime.min.replace(tzinfo=UTC), BERLIN) is None
        assert compute_remind_at(1440, None, datetime.min.replace(tzinfo=UTC), BERLIN) is None

    def test_of_neither_is_none(self) -> None:
        assert compute_due_at(None, None, NINE, BERLIN) is None


class TestRemindInstant:
    def test_is_so_long_before_due(self) -> None:
        assert compute_remind_at(90, None, utc("2026-05-01T08:00"), BERLIN) == utc("2026-05-01T06:30")

    def test_is_the_instant_that_was_named(self) -> None:
        assert compute_remind_at(None, utc("2026-05-01T08:00:00.7"), None, BERLIN) == utc("2026-05-01T08:00")

    def test_is_unknown_without_a_due_date(self) -> None:
        assert compute_remind_at(30, None, None, BERLIN) is None


class TestLate:
    @pytest.mark.parametrize(("seconds", "late"), [(0, False), (60, False), (61, True)])
    def test_begins_after_a_minute(self, seconds: int, late: bool) -> None:
        now = utc("2026-05-01T08:00")
        assert is_late(now - timedelta(seconds=seconds), now) is late


class TestNextWallClock:
    def test_is_today_or_tomorrow(self) -> None:
        assert next_wall_clock_time(NINE, BERLIN, utc("2026-07-01T06:59:59")) == utc("2026-07-01T07:00")
        assert next_wall_clock_time(NINE, BERLIN, utc("2026-07-01T07:00")) == utc("2026-07-02T07:00")

    def test_keeps_the_clock_when_clocks_change(self) -> None:
        assert next_wall_clock_time(NINE, BERLIN, utc("2026-03-28T12:00")) == utc("2026-03-29T07:00")

    @given(st.times(), ZONES, INSTANTS)
    def test_comes_within_three_days(self, at: time, zone: str, after: datetime) -> None:
        found = next_wall_clock_time(at, ZoneInfo(zone), after)
        assert after < found <= after + timedelta(days=3)


class TestQuietHours:
    @pytest.mark.parametrize(
        ("begin", "end", "now", "allowed"),
        [
            (time(22), time(7), "2026-07-01T21:00", "2026-07-02T05:00"),
            (time(22), time(7), "2026-07-01T03:00", "2026-07-01T05:00"),
            (time(22), time(7), "2026-07-01T12:00", "2026-07-01T12:00"),
            (time(22), time(7), "2026-07-01T20:00", "2026-07-02T05:00"),
            (time(22), time(7), "2026-07-01T05:00", "2026-07-01T05:00"),
            (time(13), time(15), "2026-07-01T11:00", "2026-07-01T13:00"),
            (time(13), time(15), "2026-07-01T12:00", "2026-07-01T13:00"),
            (time(13), time(15), "2026-07-01T13:00", "2026-07-01T13:00"),
            (None, None, "2026-07-01T03:00", "2026-07-01T03:00"),
            (time(7), time(7), "2026-07-01T05:00", "2026-07-01T05:00"),
        ],
    )
    def test_hold_back_until_they_end(
        self, begin: time | None, end: time | None, now: str, allowed: str
    ) -> None:
        assert next_noisy_instant(begin, end, BERLIN, utc(now)) == utc(allowed)


class TestZones:
    def test_that_are_unknown_fall_back(self) -> None:
        assert load_zone("Mars/Olympus", "Europe/Berlin") == BERLIN
        assert load_zone(None, "nowhere") == ZoneInfo("UTC")
