"""Expands a rule to days (RFC 5545, 3.3.10), from any day on, without iterating from DTSTART.

The first period at or after a day is found by arithmetic (`align_up`): periods are `interval` apart, so it is
`base + ceil((at - base) / interval) * interval`. Within a period the BY… parts expand or limit by the table
of the RFC, and BYSETPOS selects last. The days of a month depend only on its length and the weekday of its
1st, those of a year only on its `YearShape`: at most 28 shapes of each, expanded once and then looked up.
"""

from calendar import isleap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import MAXYEAR, date, timedelta
from typing import NamedTuple, TypeVar

from task_service.recurrence.rule import LONGEST_MONTHS, Frequency, Rule
from task_service.recurrence.year_shape import YearShape

HORIZON_YEARS = 100
"""How far ahead the next day is searched for; a rule with a wider gap counts as ended. 29 February on a given
weekday can be 40 years away, across a century that is no leap year."""
_A_DAY = timedelta(days=1)

T = TypeVar("T")


class RuleDay(NamedTuple):
    """A day of a rule; `clamped_from` is the day of the month it stands for in a month too short.

    slot: which of the times of that day BYSETPOS has chosen; None for each of them.
    """

    date: date
    clamped_from: int | None = None
    slot: int | None = None


class _MonthDay(NamedTuple):
    month: int
    day: int
    clamped_from: int | None = None


@dataclass(slots=True)
class RuleDays:
    """The days of `rule` counted from `anchor`; with `clamp`, days a month lacks are its last one.

    slots: how many times of each day BYSETPOS chooses among.
    """

    rule: Rule
    anchor: date
    clamp: bool = True
    slots: int = 1
    _months: dict[tuple[int, int], list[_MonthDay]] = field(default_factory=dict)
    _years: dict[YearShape, list[_MonthDay]] = field(default_factory=dict)

    def after(self, day: date) -> Iterator[RuleDay]:
        """The days after `day`, in order, for `HORIZON_YEARS`; none before the anchor (DTSTART)."""
        day = max(day, self.anchor - _A_DAY) if self.anchor > date.min else day
        last = min(day.year + HORIZON_YEARS, MAXYEAR)
        periods = {
            Frequency.DAILY: self._expand_daily,
            Frequency.WEEKLY: self._expand_weekly,
            Frequency.MONTHLY: self._expand_monthly,
            Frequency.YEARLY: self._expand_yearly,
        }
        for found in periods[self.rule.frequency](day, last):
            for candidate in found:
                if candidate.date > day:
                    yield candidate

    def _expand_yearly(self, day: date, last: int) -> Iterator[list[RuleDay]]:
        first = align_up(self.anchor.year, day.year, self.rule.interval)
        for year in range(first, last + 1, self.rule.interval):
            chosen = self._select_positions(self._find_cached_year(YearShape.from_year(year)))
            yield [
                RuleDay(date(year, month, number), clamped_from, slot)
                for (month, number, clamped_from), slot in chosen
            ]

    def _expand_monthly(self, day: date, last: int) -> Iterator[list[RuleDay]]:
        first = align_up(_month_index(self.anchor), _month_index(day), self.rule.interval)
        for index in range(first, last * 12 + 12, self.rule.interval):
            year, month = divmod(index, 12)
            if self.rule.by_month and month + 1 not in self.rule.by_month:
                continue
            chosen = self._select_positions(self._find_month_days(year, month + 1))
            yield [
                RuleDay(date(year, month + 1, number), clamped_from, slot)
                for (_, number, clamped_from), slot in chosen
            ]

    def _expand_weekly(self, day: date, last: int) -> Iterator[list[RuleDay]]:
        start = self.rule.week_start
        weekdays = {weekday for _, weekday in self.rule.by_day} or {self.anchor.weekday()}
        offsets = sorted((weekday - start) % 7 for weekday in weekdays)
        monday = self.anchor.toordinal() - (self.anchor.weekday() - start) % 7
        first = align_up(monday, day.toordinal() - 6, 7 * self.rule.interval)
        for ordinal in range(first, date(last, 12, 31).toordinal() - 5, 7 * self.rule.interval):
            days = [date.fromordinal(ordinal + offset) for offset in offsets if ordinal + offset > 0]
            chosen = self._select_positions([d for d in days if self._is_in_month(d.month)])
            yield [RuleDay(found, None, slot) for found, slot in chosen]

    def _expand_daily(self, day: date, last: int) -> Iterator[list[RuleDay]]:
        slots = [slot for _, slot in self._select_positions([day])]
        if self.rule.is_plain_interval:
            end = date(last, 12, 31).toordinal()
            first = align_up(self.anchor.toordinal(), day.toordinal(), self.rule.interval)
            for ordinal in range(first, end + 1, self.rule.interval):
                yield [RuleDay(date.fromordinal(ordinal), None, slot) for slot in slots]
            return
        for index in range(_month_index(day), last * 12 + 12):
            year, month = divmod(index, 12)
            if self._is_in_month(month + 1):
                yield [
                    RuleDay(each, None, slot)
                    for each in self._find_days_in_step(year, month + 1)
                    for slot in slots
                ]

    def _find_days_in_step(self, year: int, month: int) -> list[date]:
        """Days of a month that are a multiple of INTERVAL days away from the anchor."""
        before = date(year, month, 1).toordinal() - 1 - self.anchor.toordinal()
        return [
            date(year, month, number)
            for _, number, _ in self._find_month_days(year, month)
            if (before + number) % self.rule.interval == 0
        ]

    def _is_in_month(self, month: int) -> bool:
        return not self.rule.by_month or month in self.rule.by_month

    def _find_month_days(self, year: int, month: int) -> list[_MonthDay]:
        length = LONGEST_MONTHS[month - 1] - (month == 2 and not isleap(year))
        return self._find_cached_month(date(year, month, 1).weekday(), length)

    def _find_cached_month(self, first: int, length: int) -> list[_MonthDay]:
        """The days in a month whose 1st is the weekday `first`; the month itself is left as 0."""
        key = (first, length)
        if key not in self._months:
            days = self._find_by_month_day(length)
            if self.rule.by_day:
                named = _find_weekdays(self.rule.by_day, first, length)
                days = {day: None for day in named if days is None or day in days}
            self._months[key] = [
                _MonthDay(0, day, clamped_from) for day, clamped_from in sorted((days or {}).items())
            ]
        return self._months[key]

    def _find_by_month_day(self, length: int) -> dict[int, int | None] | None:
        """Day → the day it was clamped from, for BYMONTHDAY or the anchor's day; None: BYDAY alone decides.

        RFC 5545 ignores days a month lacks. With `clamp` they become its last day instead (RFC 7529's
        SKIP=BACKWARD), which is what people mean by "monthly on the 31st".
        """
        numbers = self.rule.by_month_day
        if not numbers and (self.rule.by_day or self.rule.frequency is Frequency.DAILY):
            return None if self.rule.by_day else dict.fromkeys(range(1, length + 1))
        clamps = self.clamp and not self.rule.by_day and self.rule.frequency is not Frequency.DAILY
        days: dict[int, int | None] = {}
        for number in numbers or (self.anchor.day,):
            day = length + 1 + number if number < 0 else number
            if 1 <= day <= length:
                days[day] = None
            elif clamps and day > length:
                days.setdefault(length, number)
        return days

    def _find_cached_year(self, shape: YearShape) -> list[_MonthDay]:
        """The days in a year of that shape."""
        if shape not in self._years:
            counted = self.rule.by_year_day or self.rule.by_week_no
            in_year = counted or (self.rule.by_day and not self.rule.by_month)
            self._years[shape] = list((self._expand_year if in_year else self._expand_months)(shape))
        return self._years[shape]

    def _expand_months(self, shape: YearShape) -> Iterator[_MonthDay]:
        months = self.rule.by_month or (range(1, 13) if self.rule.by_month_day else (self.anchor.month,))
        for month, start, length in _iterate_months(shape.first, shape.is_leap):
            if month in months:
                yield from (found._replace(month=month) for found in self._find_cached_month(start, length))

    def _expand_year(self, shape: YearShape) -> list[_MonthDay]:
        """The days that every part of the rule names, those of BYMONTHDAY without moving any of them."""
        days = _DAYS_OF_YEAR[shape.is_leap]
        found = [days[number - 1] for number in sorted(set.intersection(*self._find_named_days(shape)))]
        if self.rule.by_month:
            found = [each for each in found if each.month in self.rule.by_month]
        if not self.rule.by_month_day:
            return found
        lengths = {month: length for month, _, length in _iterate_months(shape.first, shape.is_leap)}
        month_days = set(self.rule.by_month_day)
        return [each for each in found if month_days & {each.day, each.day - lengths[each.month] - 1}]

    def _find_named_days(self, shape: YearShape) -> Iterator[set[int]]:
        """Days of the year, counted from 1, that BYYEARDAY, BYWEEKNO and BYDAY name, each for itself."""
        rule = self.rule
        if rule.by_year_day:
            yield set(shape.year_days(rule.by_year_day))
        if rule.by_week_no:
            yield set(shape.week_days(rule.by_week_no, rule.week_start))
        if rule.by_day:
            yield set(self._find_year_weekdays(shape))
        elif rule.by_week_no and not (rule.by_year_day or rule.by_month_day):
            yield set(_find_weekdays([(0, self.anchor.weekday())], shape.first, shape.length))

    def _find_year_weekdays(self, shape: YearShape) -> Iterator[int]:
        if not (self.rule.by_month and self.rule.has_ordinals):
            yield from _find_weekdays(self.rule.by_day, shape.first, shape.length)
            return
        before = 0
        for month, start, length in _iterate_months(shape.first, shape.is_leap):
            if month in self.rule.by_month:
                yield from (before + number for number in _find_weekdays(self.rule.by_day, start, length))
            before += length

    def _select_positions(self, days: Sequence[T]) -> list[tuple[T, int | None]]:
        """What BYSETPOS selects of the days of one period, each with its slot.

        With several times a day, (day, time) pairs are counted: index p is day p // slots,
        time p % slots.
        """
        if not self.rule.by_set_pos:
            return [(day, None) for day in days]
        count = len(days) * self.slots
        chosen = {position - 1 if position > 0 else count + position for position in self.rule.by_set_pos}
        found = (divmod(index, self.slots) for index in sorted(chosen) if 0 <= index < count)
        return [(days[index], slot) for index, slot in found]


def align_up(base: int, at: int, step: int) -> int:
    """The first of `base`, `base + step`, … that is at least `at`: a division rounded up."""
    return base if at <= base else base + -(-(at - base) // step) * step


def _month_index(day: date) -> int:
    return day.year * 12 + day.month - 1


def _iterate_months(first: int, leap: bool) -> Iterator[tuple[int, int, int]]:
    """Number, weekday of the 1st and length of each month of a year that begins on weekday `first`."""
    for month, longest in enumerate(LONGEST_MONTHS, start=1):
        length = longest - (month == 2 and not leap)
        yield month, first, length
        first = (first + length) % 7


def _find_weekdays(by_day: Sequence[tuple[int, int]], first: int, length: int) -> list[int]:
    """The days that BYDAY names in a span of `length` days whose first is the weekday `first`."""
    found: list[int] = []
    for ordinal, weekday in by_day:
        days = range(1 + (weekday - first) % 7, length + 1, 7)
        if not ordinal:
            found += days
        elif abs(ordinal) <= len(days):
            found.append(days[ordinal - 1 if ordinal > 0 else ordinal])
    return found


_DAYS_OF_YEAR = {
    leap: [
        _MonthDay(month, day) for month, _, length in _iterate_months(0, leap) for day in range(1, length + 1)
    ]
    for leap in (False, True)
}
"""Month and day of each day of a year, by whether it is a leap year."""
