"""What phrases of recurrence mean: RFC 5545 rules, and what ends them; reminders too."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time
from typing import Any

from task_service.quickadd.calendar import MONDAY, Calendar
from task_service.quickadd.date_resolvers import MINUTES, Moment, Unit
from task_service.recurrence.rule import WEEKDAYS

WORKING_DAYS = "MO,TU,WE,TH,FR"
MOST_MINUTES_BEFORE = 525_600
_FREQUENCIES: dict[Unit, tuple[str, int]] = {
    "day": ("DAILY", 1),
    "week": ("WEEKLY", 1),
    "fortnight": ("WEEKLY", 2),
    "month": ("MONTHLY", 1),
    "quarter": ("MONTHLY", 3),
    "year": ("YEARLY", 1),
}


@dataclass(frozen=True, slots=True)
class Repeat:
    """A rule without its end, and whether it is counted from completion."""

    rule: str
    from_completion: bool = False
    clock: time | None = None


@dataclass(frozen=True, slots=True)
class Limit:
    """What ends a recurrence: a number of times, a day, or a stretch from its first day on."""

    count: int | None = None
    until: date | None = None
    stretch: tuple[int, Unit] | None = None
    from_completion: bool = False


@dataclass(frozen=True, slots=True)
class Reminder:
    """So long before it is due, or at a moment (one without a day is on the day it is due)."""

    minutes_before: int | None = None
    at: Moment | None = None


def every(_: Calendar, unit: Unit, amount: int = 1, bang: str = "") -> Repeat | None:
    if unit not in _FREQUENCIES:
        return None
    return Repeat(_rule(unit, amount), bool(bang))


def weekdays(calendar: Calendar, weekday: Sequence[int], amount: int = 1, bang: str = "") -> Repeat:
    """With an interval, where the week starts decides which weeks are left out."""
    named = _by_day(weekday)
    start = f";WKST={WEEKDAYS[calendar.week_start]}" if amount > 1 and calendar.week_start != MONDAY else ""
    return Repeat(f"{_rule('week', amount)};BYDAY={named}{start}", bool(bang))


def weekdays_but(calendar: Calendar, weekday: Sequence[int], bang: str = "") -> Repeat | None:
    """`every day except Sunday`."""
    others = [day for day in range(7) if day not in weekday]
    return weekdays(calendar, others, bang=bang) if others else None


def working_days(_: Calendar, bang: str = "") -> Repeat:
    return Repeat(f"FREQ=WEEKLY;BYDAY={WORKING_DAYS}", bool(bang))


def saturdays(_: Calendar, bang: str = "") -> Repeat:
    return Repeat("FREQ=WEEKLY;BYDAY=SA", bool(bang))


def nth_weekdays(
    _: Calendar, ordinal: Sequence[int], weekday: int, amount: int = 1, bang: str = ""
) -> Repeat:
    days = ",".join(f"{each}{WEEKDAYS[weekday]}" for each in ordinal)
    return Repeat(f"{_rule('month', amount)};BYDAY={days}", bool(bang))


def nth_working_day(_: Calendar, ordinal: Sequence[int], bang: str = "") -> Repeat:
    places = ",".join(map(str, ordinal))
    return Repeat(f"FREQ=MONTHLY;BYDAY={WORKING_DAYS};BYSETPOS={places}", bool(bang))


def month_days(_: Calendar, day: Sequence[int], amount: int = 1, bang: str = "") -> Repeat:
    days = ",".join(map(str, dict.fromkeys(day)))
    return Repeat(f"{_rule('month', amount)};BYMONTHDAY={days}", bool(bang))


def day_of_year(_: Calendar, month: int, day: int, amount: int = 1, bang: str = "") -> Repeat:
    return Repeat(f"{_rule('year', amount)};BYMONTH={month};BYMONTHDAY={day}", bool(bang))


def days_of_year(_: Calendar, bang: str = "", **said: int) -> Repeat | None:
    """`every 1 jan and 1 jul`: one rule, if each of its days is meant in each of its months."""
    pairs = {(said[f"month{n}"], said[f"day{n}"]) for n in range(1, len(said) // 2 + 1)}
    months, days = sorted({month for month, _ in pairs}), sorted({day for _, day in pairs})
    if len(pairs) != len(months) * len(days):
        return None
    named = f"BYMONTH={','.join(map(str, months))};BYMONTHDAY={','.join(map(str, days))}"
    return Repeat(f"FREQ=YEARLY;{named}", bool(bang))


def weekday_range(calendar: Calendar, first: int, last: int, bang: str = "") -> Repeat:
    """`every mon-fri`."""
    return weekdays(calendar, [(first + later) % 7 for later in range((last - first) % 7 + 1)], bang=bang)


def weekday_and_day(_: Calendar, weekday: int, day: int, bang: str = "") -> Repeat:
    """`every friday the 13th`."""
    return Repeat(f"FREQ=MONTHLY;BYDAY={WEEKDAYS[weekday]};BYMONTHDAY={day}", bool(bang))


def part_of_days(_: Calendar, part: time, bang: str = "") -> Repeat:
    """`every evening`."""
    return Repeat("FREQ=DAILY", bool(bang), part)


def adverb(
    calendar: Calendar,
    adverb: tuple[Unit, int],
    weekday: Sequence[int] = (),
    day: Sequence[int] = (),
) -> Repeat | None:
    """`weekly`, `weekly on Monday`, `monthly on the 15th`."""
    unit, amount = adverb
    if weekday:
        return weekdays(calendar, weekday, amount) if unit == "week" else None
    if day:
        return month_days(calendar, day, amount) if unit == "month" else None
    return Repeat(_rule(unit, amount))


def times(_: Calendar, amount: int) -> Limit:
    return Limit(count=amount)


def until(_: Calendar, moment: Moment) -> Limit:
    return Limit(until=moment.day)


def stretch(_: Calendar, amount: int, unit: Unit) -> Limit | None:
    return None if unit in ("minute", "hour") else Limit(stretch=(amount, unit))


def from_completion(_: Calendar) -> Limit:
    return Limit(from_completion=True)


def remind_before(_: Calendar, amount: int, unit: Unit) -> Reminder | None:
    minutes = amount * MINUTES[unit] if unit in MINUTES else None
    return Reminder(minutes) if minutes is not None and minutes <= MOST_MINUTES_BEFORE else None


def remind_at(_: Calendar, *moments: Moment) -> Reminder | None:
    """At a time, on a day or on the day it is due."""
    day = next((each.day for each in moments if each.day), None)
    clock = next((each.clock for each in reversed(moments) if each.clock), None)
    return Reminder(at=Moment(day, clock)) if clock else None


def _rule(unit: Unit, amount: Any) -> str:
    frequency, step = _FREQUENCIES[unit]
    interval = step * amount
    return f"FREQ={frequency}" + (f";INTERVAL={interval}" if interval != 1 else "")


def _by_day(days: Sequence[int]) -> str:
    return ",".join(WEEKDAYS[day] for day in sorted(set(days)))
