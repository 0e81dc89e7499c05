"""Resolvers: what the phrases for dates and times mean, whatever the language.

A resolver is a function of the calendar and the values of a phrase's slots. It returns None, or raises
`ValueError` or `OverflowError`, where there is no such date or time: the phrase then stays in the title.
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from task_service.quickadd.calendar import SATURDAY, Calendar

AFTERNOON_HOURS = range(1, 7)
"""A bare `at 5` is in the afternoon; `at 8` is in the morning."""
MINUTES_PER_UNIT = {"minute": 1, "hour": 60, "day": 1440, "week": 10080, "fortnight": 20160}

Unit = Literal["minute", "hour", "day", "week", "fortnight", "month", "quarter", "year"]


@dataclass(frozen=True, slots=True)
class PartialDateTime:
    """A day, a local time, or both. `is_default`: the usual time of a word such as `morning`."""

    day: date | None = None
    clock: time | None = None
    is_default: bool = False


def resolve_days_ahead(calendar: Calendar, days: int) -> PartialDateTime:
    return PartialDateTime(calendar.today + timedelta(days=days))


def resolve_part_of(calendar: Calendar, part: time, days: int = 0) -> PartialDateTime:
    """`tonight`, `this morning`: a day, and its usual time unless that is over."""
    day = calendar.today + timedelta(days=days)
    return PartialDateTime(day, None if calendar.has_passed(day, part) else part, is_default=True)


def resolve_weekday(calendar: Calendar, weekday: int) -> PartialDateTime:
    """The next one after today."""
    return PartialDateTime(_next_on_or_after(calendar.today + timedelta(days=1), weekday))


def resolve_weekday_and(calendar: Calendar, weekday: int, unit: Unit) -> PartialDateTime:
    """`monday week`: so much after the next one."""
    return PartialDateTime(add_units(_next_on_or_after(calendar.today + timedelta(days=1), weekday), 1, unit))


def resolve_days_and(calendar: Calendar, days: int, unit: Unit) -> PartialDateTime:
    """`a week tomorrow`, `tomorrow week`."""
    return PartialDateTime(add_units(calendar.today + timedelta(days=days), 1, unit))


def resolve_this_weekday(calendar: Calendar, weekday: int) -> PartialDateTime:
    return PartialDateTime(_next_on_or_after(calendar.today, weekday))


def resolve_next_weekday(calendar: Calendar, weekday: int) -> PartialDateTime:
    """The one of next week."""
    return PartialDateTime(_next_on_or_after(calendar.first_day_of_week + timedelta(days=7), weekday))


def resolve_weekend(calendar: Calendar, later: int = 0) -> PartialDateTime:
    """Its Saturday; on a Saturday or Sunday, today."""
    today = calendar.today
    is_on = today.weekday() >= SATURDAY
    saturday = (
        _next_on_or_after(today, SATURDAY) if not is_on else today - timedelta(days=today.weekday() - 5)
    )
    return PartialDateTime(today if is_on and not later else saturday + timedelta(days=7 * later))


def resolve_next_period(calendar: Calendar, unit: Unit) -> PartialDateTime:
    """The first day of the next week, month, quarter or year."""
    return PartialDateTime(_current_period(calendar, unit)[1] + timedelta(days=1))


def resolve_end_of(calendar: Calendar, unit: Unit) -> PartialDateTime:
    return PartialDateTime(_current_period(calendar, unit)[1])


def resolve_end_of_next(calendar: Calendar, unit: Unit) -> PartialDateTime:
    following = _current_period(calendar, unit)[1] + timedelta(days=1)
    start = datetime.combine(following, time(12), calendar.now.tzinfo)
    return PartialDateTime(_current_period(Calendar(start, calendar.zone, calendar.week_start), unit)[1])


def resolve_in_units(calendar: Calendar, amount: int, unit: Unit) -> PartialDateTime:
    """So much later; hours and minutes are real ones, also where the clocks change."""
    if unit in ("minute", "hour"):
        later = calendar.now.astimezone(UTC) + timedelta(minutes=amount * MINUTES_PER_UNIT[unit])
        there = later.astimezone(ZoneInfo(calendar.zone))
        return PartialDateTime(there.date(), there.time().replace(second=0, microsecond=0))
    return PartialDateTime(add_units(calendar.today, amount, unit))


def resolve_day_of_month(
    calendar: Calendar, month: int, day: int, year: int | None = None, named: int | None = None
) -> PartialDateTime:
    """Without a year, the next there is: 29 February may be years away.

    named: the weekday said with it. One that it is not is a mistake, and which of the two, nobody knows.
    """
    found = _find_day_of_month(calendar, month, day, year)
    return PartialDateTime(_require_weekday(found, named))


def _require_weekday(day: date, named: int | None) -> date:
    if named is not None and day.weekday() != named:
        raise ValueError(named)
    return day


def _find_day_of_month(calendar: Calendar, month: int, day: int, year: int | None) -> date:
    if year is not None:
        return date(year + 2000 if year < 100 else year, month, day)
    for year in range(calendar.today.year, calendar.today.year + 9):
        if _day_exists(year, month, day) and date(year, month, day) >= calendar.today:
            return date(year, month, day)
    raise ValueError(day)


def resolve_dotted(
    calendar: Calendar, day: int, month: int, year: int | None = None, named: int | None = None
) -> PartialDateTime:
    """17.02., or 17.02.27: the day comes first wherever there are dots."""
    return resolve_day_of_month(calendar, month, day, year, named)


def resolve_moment(
    calendar: Calendar, year: int, month: int, day: int, hour: int, minute: int, offset: str = ""
) -> PartialDateTime:
    """As ISO 8601 writes it; one with an offset from UTC is shown on the wall of the calendar's zone."""
    wall = datetime(year, month, day, hour, minute)  # noqa: DTZ001 - the offset follows
    if not offset:
        return PartialDateTime(wall.date(), wall.time())
    digits = "+0000" if offset == "z" else offset.replace(":", "").ljust(5, "0")
    away = timedelta(hours=int(digits[1:3]), minutes=int(digits[3:]))
    utc = wall + (away if digits[0] == "-" else -away)
    there = utc.replace(tzinfo=UTC).astimezone(ZoneInfo(calendar.zone))
    return PartialDateTime(there.date(), there.time())


def resolve_numeric(
    calendar: Calendar, first: int, second: int, year: int | None = None, named: int | None = None
) -> PartialDateTime:
    """12/03, in the order of the country; where that makes no date, in the other one."""
    month, day = (first, second) if calendar.month_first else (second, first)
    if month > 12 >= day:
        month, day = day, month
    return resolve_day_of_month(calendar, month, day, year, named)


def resolve_nth(calendar: Calendar, day: int, named: int | None = None) -> PartialDateTime:
    """The next month that has this day; `friday the 13th` only if that is a Friday."""
    year, month = calendar.today.year, calendar.today.month
    for later in range(14):
        at = divmod(month - 1 + later, 12)
        if _day_exists(year + at[0], at[1] + 1, day):
            found = date(year + at[0], at[1] + 1, day)
            if found >= calendar.today:
                return PartialDateTime(_require_weekday(found, named))
    raise ValueError(day)


def resolve_month_start(calendar: Calendar, month: int, year: int | None = None) -> PartialDateTime:
    """The 1st of the next such month to come."""
    return resolve_day_of_month(calendar, month, 1, year)


def resolve_month_end(calendar: Calendar, month: int, year: int | None = None) -> PartialDateTime:
    if year is None:
        year = calendar.today.year + (month < calendar.today.month)
    return PartialDateTime(date(year, month, monthrange(year, month)[1]))


def resolve_clock(
    _: Calendar, hour: int, minute: int = 0, half: Literal["am", "pm"] | None = None
) -> PartialDateTime | None:
    if half is None:
        return PartialDateTime(clock=time(hour, minute))
    if not 1 <= hour <= 12:
        return None
    return PartialDateTime(clock=time(hour % 12 + 12 * (half == "pm"), minute))


def resolve_bare_hour(_: Calendar, hour: int) -> PartialDateTime:
    return PartialDateTime(clock=time(hour + 12 if hour in AFTERNOON_HOURS else hour))


def resolve_named_time(_: Calendar, at: time) -> PartialDateTime:
    return PartialDateTime(clock=at)


def resolve_usual_time(_: Calendar, part: time) -> PartialDateTime:
    return PartialDateTime(clock=part, is_default=True)


def resolve_nothing(_: Calendar, **__: Any) -> None:
    """What only looks like a date."""


def add_units(day: date, amount: int, unit: Unit) -> date:
    """`day` and so many units; a day a month lacks is its last one."""
    if unit in ("day", "week", "fortnight"):
        return day + timedelta(days=amount * MINUTES_PER_UNIT[unit] // MINUTES_PER_UNIT["day"])
    months = amount * {"month": 1, "quarter": 3, "year": 12}[unit]
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _current_period(calendar: Calendar, unit: Unit) -> tuple[date, date]:
    """First and last day of the period today is in."""
    today = calendar.today
    if unit == "day":
        return today, today
    if unit == "week":
        return calendar.first_day_of_week, calendar.first_day_of_week + timedelta(days=6)
    month = {"month": today.month, "quarter": today.month - (today.month - 1) % 3, "year": 1}[unit]
    start = date(today.year, month, 1)
    return start, add_units(start, 1, unit) - timedelta(days=1)


def _next_on_or_after(day: date, weekday: int) -> date:
    return day + timedelta(days=(weekday - day.weekday()) % 7)


def _day_exists(year: int, month: int, day: int) -> bool:
    return 1 <= month <= 12 and 1 <= day <= monthrange(year, month)[1]
