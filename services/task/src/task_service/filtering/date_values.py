"""Dates and times in a filter, resolved to ranges of instants in the user's time zone."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from task_service.filtering.ast import Value
from task_service.filtering.errors import FilterError
from task_service.quickadd import Calendar

_DAYS = {"today": 0, "tomorrow": 1, "yesterday": -1}
_SHIFT = re.compile(r"([+-]\d+)([hdw])")


@dataclass(frozen=True, slots=True)
class TimeRange:
    """From `start` up to but not including `end`, instants in UTC; or one instant, which is both."""

    start: datetime
    end: datetime
    is_instant: bool


@dataclass(frozen=True, slots=True)
class UserClock:
    """The current time, and the IANA time zone of the user."""

    now: datetime
    zone: str
    week_start: str | None = None
    """As in `Calendar.for_zone`."""

    @property
    def today(self) -> date:
        return self.now.astimezone(ZoneInfo(self.zone)).date()

    @property
    def first_day_of_week(self) -> date:
        """The first day of this week."""
        return Calendar.for_zone(self.now, self.zone, self.week_start).first_day_of_week


def resolve_range(value: Value, clock: UserClock) -> TimeRange:
    """The day or instant that `value` names, such as `today+3d` or `now-2h`. Raises `FilterError`.

    Offsets in days and weeks are calendar days, of 23 or 25 hours where the clocks change; offsets in hours
    are elapsed time. A day plus hours is an instant, counted from the start of the day.
    """
    origin, *shifts = value.text.split()
    try:
        found = _resolve_origin(origin, clock)
        for shift in shifts:
            found = _apply_shift(found, shift, clock.zone)
        return _make_range(found, clock.zone)
    except (ValueError, OverflowError) as error:
        raise FilterError("This date or time does not exist.", value.position) from error


def start_of_day(day: date, zone: str) -> datetime:
    """The instant a day begins in `zone`; where midnight is skipped (DST), the instant of the change."""
    return datetime.combine(day, time.min, ZoneInfo(zone)).astimezone(UTC)


def _resolve_origin(text: str, clock: UserClock) -> date | datetime:
    if text == "now":
        return clock.now
    if text == "week":
        return clock.first_day_of_week
    if text in _DAYS:
        return clock.today + timedelta(days=_DAYS[text])
    if len(text) == len("2026-12-24"):
        return date.fromisoformat(text)
    moment = datetime.fromisoformat(text.upper())
    return (moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(clock.zone))).astimezone(UTC)


def _apply_shift(origin: date | datetime, shift: str, zone: str) -> date | datetime:
    found = _SHIFT.fullmatch(shift)
    if found is None:
        raise ValueError(shift)
    number, unit = int(found[1]), found[2]
    if unit == "h":
        begin = origin if isinstance(origin, datetime) else start_of_day(origin, zone)
        return begin + timedelta(hours=number)
    days = timedelta(days=number * (7 if unit == "w" else 1))
    if not isinstance(origin, datetime):
        return origin + days
    return (origin.astimezone(ZoneInfo(zone)) + days).astimezone(UTC)


def _make_range(found: date | datetime, zone: str) -> TimeRange:
    if isinstance(found, datetime):
        return TimeRange(found, found, is_instant=True)
    following = found + timedelta(days=1)
    return TimeRange(start_of_day(found, zone), start_of_day(following, zone), is_instant=False)
