"""The shape of a year: the weekday it begins on and its length decide its days and weeks (ISO 8601)."""

from calendar import isleap
from collections.abc import Iterator, Sequence
from datetime import date
from typing import NamedTuple

_WEEK = 7
_MOST_OF_A_WEEK = 4
"""So many days of a week that belongs to a year lie in it (ISO 8601)."""


class YearShape(NamedTuple):
    """The weekday of 1 January (Monday = 0), and the lengths in days of a year and its neighbours."""

    first: int
    length: int
    length_before: int
    length_after: int

    @classmethod
    def from_year(cls, year: int) -> "YearShape":
        lengths = (365 + isleap(each) for each in (year, year - 1, year + 1))
        return cls(date(year, 1, 1).weekday(), *lengths)

    @property
    def is_leap(self) -> bool:
        return self.length == 366

    def year_days(self, numbers: Sequence[int]) -> Iterator[int]:
        """BYYEARDAY: days counted from 1, or back from -1, as far as this year has them."""
        for number in numbers:
            day = number if number > 0 else self.length + 1 + number
            if 1 <= day <= self.length:
                yield day

    def week_days(self, numbers: Sequence[int], week_start: int) -> Iterator[int]:
        """BYWEEKNO: the days of this year, counted from 1, that lie in a wanted week.

        Week 1 is the first with four days or more in the year. A week that belongs to a neighbour has the
        neighbour's number: 31 December may be in week 1.
        """
        begin = _find_first_week(self.first, week_start)
        count = _count_weeks(begin, self.length)
        yield from self._find_outer_weeks(begin, count, set(numbers), week_start)
        for number in {each if each > 0 else count + 1 + each for each in numbers}:
            if 1 <= number <= count:
                start = begin + _WEEK * (number - 1)
                yield from range(max(start, 0) + 1, min(start + _WEEK, self.length) + 1)

    def _find_outer_weeks(self, begin: int, count: int, numbers: set[int], week_start: int) -> Iterator[int]:
        """The days before week 1, and those after the last one."""
        first_before = (self.first - self.length_before) % _WEEK
        weeks_before = _count_weeks(_find_first_week(first_before, week_start), self.length_before)
        if numbers & {weeks_before, -1}:
            yield from range(1, begin + 1)
        first_after = (self.first + self.length) % _WEEK
        weeks_after = _count_weeks(_find_first_week(first_after, week_start), self.length_after)
        if numbers & {1, -weeks_after}:
            yield from range(begin + _WEEK * count + 1, self.length + 1)


def _find_first_week(first: int, week_start: int) -> int:
    """Where week 1 begins, in days from 1 January, which is the weekday `first`; below 0 before it."""
    begin = (week_start - first) % _WEEK
    return begin - _WEEK if begin >= _MOST_OF_A_WEEK else begin


def _count_weeks(begin: int, length: int) -> int:
    return (length - begin + _WEEK - _MOST_OF_A_WEEK) // _WEEK
