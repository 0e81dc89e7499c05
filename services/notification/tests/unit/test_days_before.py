"""Whole days before due are counted on the wall, whatever clocks do meanwhile; hours and minutes are not."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from dateutil import tz
from hypothesis import given
from hypothesis import strategies as st
from notification_service.reminders.instants import compute_remind_at

DAY = 24 * 60
ZONES = st.sampled_from(
    [
        *("Europe/Berlin", "Europe/London", "America/New_York", "America/Santiago", "Africa/Casablanca"),
        *("Australia/Lord_Howe", "Asia/Tehran", "Asia/Kathmandu", "Pacific/Apia", "America/Havana", "UTC"),
    ]
)
DUE = st.datetimes(datetime(2005, 1, 1), datetime(2037, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds are naive


def local(text: str, zone: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


@pytest.mark.parametrize(
    ("zone", "due", "minutes", "at"),
    [
        ("Europe/Berlin", "2027-03-28T09:00", DAY, "2027-03-27T09:00"),
        ("Europe/Berlin", "2027-10-31T09:00", DAY, "2027-10-30T09:00"),
        ("Europe/Berlin", "2027-04-01T09:00", 7 * DAY, "2027-03-25T09:00"),
        ("Europe/Berlin", "2027-03-29T02:30", DAY, "2027-03-28T03:30"),
        ("Europe/Berlin", "2027-11-01T02:30", DAY, "2027-10-31T02:30"),
        ("Europe/Berlin", "2027-03-28T09:00", DAY + 60, "2027-03-27T07:00"),
        ("Europe/Berlin", "2027-03-28T09:00", 12 * 60, "2027-03-27T20:00"),
        ("America/New_York", "2027-03-14T09:00", 2 * DAY, "2027-03-12T09:00"),
    ],
    ids=["spring", "autumn", "week", "gap", "fold", "a day and an hour", "hours", "overseas"],
)
def test_a_reminder_over_a_clock_change(zone: str, due: str, minutes: int, at: str) -> None:
    found = compute_remind_at(minutes, None, local(due, zone).astimezone(UTC), ZoneInfo(zone))
    assert found == local(at, zone).astimezone(UTC)


@given(ZONES, DUE, st.integers(1, 365))
def test_days_are_those_another_library_counts(zone: str, due: datetime, days: int) -> None:
    """The oracle reads the zone's data itself (dateutil), and moves what lies in a gap on by its length."""
    theirs = tz.gettz(zone)
    assert theirs
    due = due.replace(microsecond=0)
    wall = due.astimezone(theirs).replace(tzinfo=None) - timedelta(days=days)
    expected = tz.resolve_imaginary(wall.replace(tzinfo=theirs)).astimezone(UTC)
    assert compute_remind_at(days * DAY, None, due, ZoneInfo(zone)) == expected


@given(ZONES, DUE, st.integers(0, 525_600).filter(lambda minutes: minutes % DAY))
def test_minutes_are_as_long_as_they_are(zone: str, due: datetime, minutes: int) -> None:
    due = due.replace(microsecond=0)
    assert compute_remind_at(minutes, None, due, ZoneInfo(zone)) == due - timedelta(minutes=minutes)
