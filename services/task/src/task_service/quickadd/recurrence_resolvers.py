"""Resolvers of recurrence phrases to RFC 5545 rules and their ends, and of reminders."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time
from typing import Any

from task_service.quickadd.calendar import MONDAY, Calendar
from task_service.quickadd.date_resolvers import MINUTES_PER_UNIT, PartialDateTime, Unit
from task_service.recurrence.rule import WEEKDAYS

WORKING_DAYS = "MO,TU,WE,TH,FR"
MAX_MINUTES_BEFORE = 525_600
_FREQUENCIES: dict[Unit, tuple[str, int]] = {
    "day": ("DAILY", 1),
    "week": ("WEEKLY", 1),
    "fortnight": ("WEEKLY", 2),
    "month": ("MONTHLY", 1),
    "quarter": ("MONTHLY", 3),
    "year": ("YEARLY", 1),
}


@dataclass(frozen=True, slots=True)
class ParsedRecurrence:
    """A rule without its end, and whether it is counted from completion."""

    rule: str
    from_completion: bool = False
    clock: time | None = None


@dataclass(frozen=True, slots=True)
class RecurrenceLimit:
    """What ends a recurrence: a number of times, a day, or a duration from its first day on."""

    count: int | None = None
    until: date | None = None
    duration: tuple[int, Unit] | None = None
    from_completion: bool = False


@dataclass(frozen=True, slots=True)
class ParsedReminder:
    """So long before it is due, or at a moment (one without a day is on the day it is due)."""

    minutes_before: int | None = None
    at: PartialDateTime | None = None


def resolve_every(_: Calendar, unit: Unit, amount: int = 1, bang: str = "") -> ParsedRecurrence | None:
    if unit not in _FREQUENCIES:
        return None
    return ParsedRecurrence(_make_rule(unit, amount), bool(bang))


def resolve_weekdays(
    calendar: Calendar, weekday: Sequence[int], amount: int = 1, bang: str = ""
) -> ParsedRecurrence:
    """With an interval, where the week starts decides which weeks are left out."""
    named = _join_weekdays(weekday)
    start = f";WKST={WEEKDAYS[calendar.week_start]}" if amount > 1 and calendar.week_start != MONDAY else ""
    return ParsedRecurrence(f"{_make_rule('week', amount)};BYDAY={named}{start}", bool(bang))


def resolve_weekdays_but(
    calendar: Calendar, weekday: Sequence[int], bang: str = ""
) -> ParsedRecurrence | None:
    """`every day except Sunday`."""
    others = [day for day in range(7) if day not in weekday]
    return resolve_weekdays(calendar, others, bang=bang) if others else None


def resolve_working_days(_: Calendar, bang: str = "") -> ParsedRecurrence:
    return ParsedRecurrence(f"FREQ=WEEKLY;BYDAY={WORKING_DAYS}", bool(bang))


def resolve_saturdays(_: Calendar, bang: str = "") -> ParsedRecurrence:
    return ParsedRecurrence("FREQ=WEEKLY;BYDAY=SA", bool(bang))


def resolve_nth_weekdays(
    _: Calendar, ordinal: Sequence[int], weekday: int, amount: int = 1, bang: str = ""
) -> ParsedRecurrence:
    days = ",".join(f"{each}{WEEKDAYS[weekday]}" for each in ordinal)
    return ParsedRecurrence(f"{_make_rule('month', amount)};BYDAY={days}", bool(bang))


def resolve_nth_working_day(_: Calendar, ordinal: Sequence[int], bang: str = "") -> ParsedRecurrence:
    places = ",".join(map(str, ordinal))
    return ParsedRecurrence(f"FREQ=MONTHLY;BYDAY={WORKING_DAYS};BYSETPOS={places}", bool(bang))


def resolve_month_days(_: Calendar, day: Sequence[int], amount: int = 1, bang: str = "") -> ParsedRecurrence:
    days = ",".join(map(str, dict.fromkeys(day)))
    return ParsedRecurrence(f"{_make_rule('month', amount)};BYMONTHDAY={days}", bool(bang))


def resolve_day_of_year(
    _: Calendar, month: int, day: int, amount: int = 1, bang: str = ""
) -> ParsedRecurrence:
    return ParsedRecurrence(f"{_make_rule('year', amount)};BYMONTH={month};BYMONTHDAY={day}", bool(bang))


def resolve_days_of_year(_: Calendar, bang: str = "", **parts: int) -> ParsedRecurrence | None:
    """`every 1 jan and 1 jul`: one rule, if each of its days is meant in each of its months."""
    pairs = {(parts[f"month{n}"], parts[f"day{n}"]) for n in range(1, len(parts) // 2 + 1)}
    months, days = sorted({month for month, _ in pairs}), sorted({day for _, day in pairs})
    if len(pairs) != len(months) * len(days):
        return None
    named = f"BYMONTH={','.join(map(str, months))};BYMONTHDAY={','.join(map(str, days))}"
    return ParsedRecurrence(f"FREQ=YEARLY;{named}", bool(bang))


def resolve_weekday_range(calendar: Calendar, first: int, last: int, bang: str = "") -> ParsedRecurrence:
    """`every mon-fri`."""
    return resolve_weekdays(
        calendar, [(first + later) % 7 for later in range((last - first) % 7 + 1)], bang=bang
    )


def resolve_weekday_and_day(_: Calendar, weekday: int, day: int, bang: str = "") -> ParsedRecurrence:
    """`every friday the 13th`."""
    return ParsedRecurrence(f"FREQ=MONTHLY;BYDAY={WEEKDAYS[weekday]};BYMONTHDAY={day}", bool(bang))


def resolve_part_of_days(_: Calendar, part: time, bang: str = "") -> ParsedRecurrence:
    """`every evening`."""
    return ParsedRecurrence("FREQ=DAILY", bool(bang), part)


def resolve_adverb(
    calendar: Calendar,
    adverb: tuple[Unit, int],
    weekday: Sequence[int] = (),
    day: Sequence[int] = (),
) -> ParsedRecurrence | None:
    """`weekly`, `weekly on Monday`, `monthly on the 15th`."""
    unit, amount = adverb
    if weekday:
        return resolve_weekdays(calendar, weekday, amount) if unit == "week" else None
    if day:
        return resolve_month_days(calendar, day, amount) if unit == "month" else None
    return ParsedRecurrence(_make_rule(unit, amount))


def resolve_times(_: Calendar, amount: int) -> RecurrenceLimit:
    return RecurrenceLimit(count=amount)


def resolve_until(_: Calendar, moment: PartialDateTime) -> RecurrenceLimit:
    return RecurrenceLimit(until=moment.day)


def resolve_duration(_: Calendar, amount: int, unit: Unit) -> RecurrenceLimit | None:
    return None if unit in ("minute", "hour") else RecurrenceLimit(duration=(amount, unit))


def resolve_from_completion(_: Calendar) -> RecurrenceLimit:
    return RecurrenceLimit(from_completion=True)


def resolve_remind_before(_: Calendar, amount: int, unit: Unit) -> ParsedReminder | None:
    minutes = amount * MINUTES_PER_UNIT[unit] if unit in MINUTES_PER_UNIT else None
    return ParsedReminder(minutes) if minutes is not None and minutes <= MAX_MINUTES_BEFORE else None


def resolve_remind_at(_: Calendar, *moments: PartialDateTime) -> ParsedReminder | None:
    """At a time, on a day or on the day it is due."""
    day = next((each.day for each in moments if each.day), None)
    clock = next((each.clock for each in reversed(moments) if each.clock), None)
    return ParsedReminder(at=PartialDateTime(day, clock)) if clock else None


def _make_rule(unit: Unit, amount: Any) -> str:
    frequency, step = _FREQUENCIES[unit]
    interval = step * amount
    return f"FREQ={frequency}" + (f";INTERVAL={interval}" if interval != 1 else "")


def _join_weekdays(days: Sequence[int]) -> str:
    return ",".join(WEEKDAYS[day] for day in sorted(set(days)))
