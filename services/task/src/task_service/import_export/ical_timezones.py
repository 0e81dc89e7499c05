"""VTIMEZONE components (RFC 5545, 3.6.5) with recurrence rules, so that they are valid for ever."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import pairwise

from icalendar import TimezoneDaylight, TimezoneStandard

FIRST_YEAR = 1970
LAST_YEAR = 2037
"""From here on clocks change by the zone's standing rule, which is all that zone files know then."""
HORIZON = 2100
"""How far the changes of a zone without a yearly rule are listed."""
_YEARS = range(LAST_YEAR, LAST_YEAR + 28)
"""In 28 years every day of the year falls on every weekday."""
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


@dataclass(frozen=True, slots=True)
class ClockChange:
    """wall: the time the clocks show right before the change."""

    wall: datetime
    before: timedelta
    after: timedelta
    is_daylight: bool
    name: str


def is_regular(zone: tzinfo) -> bool:
    """Whether its clocks never change from then on, or twice a year by rules RFC 5545 can say."""
    years = [_find_changes(zone, year) for year in _YEARS]
    if not any(years):
        return True
    return all(len(each) == len(years[0]) for each in years) and all(
        _derive_rule([year[place] for year in years]) for place in range(len(years[0]))
    )


def make_observances(zone: tzinfo) -> Iterator[TimezoneStandard | TimezoneDaylight]:
    """The changes from `LAST_YEAR` on of a regular zone as rules; of any other, all changes as lists."""
    return _make_rule_observances(zone) if is_regular(zone) else _make_dated_observances(zone)


def _make_rule_observances(zone: tzinfo) -> Iterator[TimezoneStandard | TimezoneDaylight]:
    years = [_find_changes(zone, year) for year in _YEARS]
    for place, first in enumerate(years[0]):
        observance = _make_observance(first)
        observance.add("rrule", _derive_rule([year[place] for year in years]))
        yield observance


def _make_dated_observances(zone: tzinfo) -> Iterator[TimezoneStandard | TimezoneDaylight]:
    """Every change from 1970 to `HORIZON`, those of one kind together."""
    kinds: dict[tuple[timedelta, timedelta, bool, str], list[datetime]] = {}
    start = datetime(FIRST_YEAR, 1, 1, tzinfo=UTC)
    offset, name = _utc_offset(zone, start), start.astimezone(zone).tzname() or ""
    kinds[offset, offset, False, name] = [start.replace(tzinfo=None)]
    for year in range(FIRST_YEAR, HORIZON):
        for each in _find_changes(zone, year):
            kinds.setdefault((each.before, each.after, each.is_daylight, each.name), []).append(each.wall)
    for (before, after, is_daylight, name), walls in kinds.items():
        observance = _make_observance(ClockChange(walls[0], before, after, is_daylight, name))
        if walls[1:]:
            observance.add("rdate", walls[1:])
        yield observance


def _make_observance(change: ClockChange) -> TimezoneStandard | TimezoneDaylight:
    observance = TimezoneDaylight() if change.is_daylight else TimezoneStandard()
    observance.add("dtstart", change.wall)
    observance.add("tzname", change.name)
    observance.add("tzoffsetfrom", change.before)
    observance.add("tzoffsetto", change.after)
    return observance


def _find_changes(zone: tzinfo, year: int) -> list[ClockChange]:
    """The clock changes of a year in UTC, to the minute."""
    start = datetime(year, 1, 1, tzinfo=UTC)
    days = [start + timedelta(days=day) for day in range(367)]
    found = [
        _bisect_change(zone, before, after)
        for before, after in pairwise(days)
        if _utc_offset(zone, before) != _utc_offset(zone, after) and before.year == year
    ]
    return found


def _bisect_change(zone: tzinfo, low: datetime, high: datetime) -> ClockChange:
    before, after = _utc_offset(zone, low), _utc_offset(zone, high)
    while high - low > timedelta(minutes=1):
        middle = low + timedelta(minutes=(high - low) // timedelta(minutes=2))
        low, high = (middle, high) if _utc_offset(zone, middle) == before else (low, middle)
    local = high.astimezone(zone)
    wall = (high + before).replace(tzinfo=None)
    return ClockChange(wall, before, after, bool(local.dst()) and after > before, local.tzname() or "")


def _utc_offset(zone: tzinfo, instant: datetime) -> timedelta:
    return instant.astimezone(zone).utcoffset() or timedelta()


def _derive_rule(changes: list[ClockChange]) -> dict[str, object] | None:
    """One weekday of a month, the same each year, counted from the days it falls on; else None."""
    weekdays, months = {each.wall.weekday() for each in changes}, {each.wall.month for each in changes}
    days, times = {each.wall.day for each in changes}, {each.wall.time() for each in changes}
    if len(weekdays) > 1 or len(months) > 1 or len(times) > 1 or max(days) - min(days) > 6:
        return None
    return {
        "FREQ": "YEARLY",
        "BYMONTH": months.pop(),
        "BYMONTHDAY": list(range(min(days), max(days) + 1)),
        "BYDAY": _WEEKDAYS[weekdays.pop()],
    }
