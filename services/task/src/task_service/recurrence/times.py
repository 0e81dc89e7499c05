"""Expands a rule with times of day (BYHOUR…, or HOURLY and below), from any moment on.

All times are local, `datetime` without a zone: RFC 5545 counts on the wall clock, and `wall_clock` resolves
what DST makes of them.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from itertools import chain, product
from math import gcd, inf
from typing import NamedTuple

from task_service.recurrence.days import RuleDay, RuleDays, align_up
from task_service.recurrence.rule import Frequency, Rule, count_named_times

_SECONDS = {Frequency.HOURLY: 3600, Frequency.MINUTELY: 60, Frequency.SECONDLY: 1}
_A_DAY = 86_400
_WEEK = 7


class RuleTime(NamedTuple):
    day: RuleDay
    clock: time

    @property
    def wall_time(self) -> datetime:
        return datetime.combine(self.day.date, self.clock)


def make_rule_days(rule: Rule, anchor: date, *, clamp: bool = False) -> RuleDays:
    """The days on which `rule` has times; of one that counts hours or less, those it may fall on."""
    if not rule.frequency.is_within_a_day:
        return RuleDays(rule, anchor, clamp, count_named_times(rule))
    frequency = Frequency.YEARLY if rule.by_year_day else Frequency.DAILY
    return RuleDays(replace(rule, frequency=frequency, interval=1, by_set_pos=()), anchor, clamp=False)


@dataclass(slots=True)
class RuleTimes:
    """The moments of `rule`, whose days are counted from `anchor` and whose times from `start`.

    start: an occurrence, RFC 5545's DTSTART or any later one; it gives the hour, minute and second that the
    rule does not name.
    """

    rule: Rule
    anchor: date
    start: datetime
    clamp: bool = True
    _empty: set[int] = field(default_factory=set)

    def after(self, moment: datetime) -> Iterator[RuleTime]:
        """The moments after `moment`, for the next hundred years."""
        found = self._expand_by_interval if self.rule.frequency.is_within_a_day else self._expand_by_day
        return (each for each in found(moment) if each.wall_time > moment)

    def _expand_by_day(self, moment: datetime) -> Iterator[RuleTime]:
        hours, minutes, seconds = self._named_times()
        clocks = [time(*each) for each in product(hours, minutes, seconds)]
        for day in make_rule_days(self.rule, self.anchor, clamp=self.clamp).after(_day_before(moment)):
            chosen = clocks if day.slot is None else [clocks[day.slot]]
            yield from (RuleTime(day, clock) for clock in chosen)

    def _expand_by_interval(self, moment: datetime) -> Iterator[RuleTime]:
        """Day for day those a whole number of intervals away; what a day has depends on where it cuts in."""
        unit = _SECONDS[self.rule.frequency]
        step = unit * self.rule.interval
        origin, since = (_count_seconds(each) // unit * unit for each in (self.start, moment))
        barren = 0
        for day in make_rule_days(self.rule, self.anchor).after(_day_before(moment)):
            midnight = day.date.toordinal() * _A_DAY
            found = self._find_times_of_day((origin - midnight) % step, step, max(since - midnight, 0))
            barren = 0 if found else barren + 1
            if barren > self._cycle_days(step):
                return
            yield from (RuleTime(day, clock) for clock in found)

    def _cycle_days(self, step: int) -> float:
        """After how many days without a time none can follow.

        Steps and days align every step / gcd(step, 86400) days, and weekdays after seven times as many. Where
        months or years limit the days, there is no such bound.
        """
        if self.rule.by_month or self.rule.by_month_day or self.rule.by_year_day:
            return inf
        return _WEEK * step // gcd(step, _A_DAY)

    def _find_times_of_day(self, first: int, step: int, low: int) -> Iterable[time]:
        """The times from `low` on (seconds of the day), as far as they are whole steps from `first`; falsy
        if there are none."""
        if first >= _A_DAY or first in self._empty:
            return ()
        clocks = self._iterate_times(first, step, low)
        earliest = next(clocks, None)
        if earliest is None:
            if low == 0:
                self._empty.add(first)
            return ()
        return chain([earliest], clocks)

    def _iterate_times(self, first: int, step: int, low: int) -> Iterator[time]:
        seconds = self.rule.by_second if self.rule.frequency is Frequency.SECONDLY else ()
        for begin, end in self._iterate_windows():
            for second in range(align_up(first, max(begin, low), step), end, step):
                if not seconds or second % 60 in seconds:
                    clock = time(second // 3600, second // 60 % 60, second % 60)
                    yield from self._select_positions(self._expand_time(clock))

    def _iterate_windows(self) -> Iterator[tuple[int, int]]:
        """Seconds of the day, from and up to, that lie in an hour and minute the rule names."""
        hours = self.rule.by_hour or range(24)
        if self.rule.frequency is Frequency.HOURLY or not self.rule.by_minute:
            yield from ((hour * 3600, hour * 3600 + 3600) for hour in hours)
            return
        for hour, minute in product(hours, self.rule.by_minute):
            yield hour * 3600 + minute * 60, hour * 3600 + minute * 60 + 60

    def _expand_time(self, clock: time) -> list[time]:
        """What the rule has in the hour or minute that begins at `clock`."""
        _, minutes, seconds = self._named_times()
        if self.rule.frequency is Frequency.SECONDLY:
            return [clock]
        if self.rule.frequency is Frequency.MINUTELY:
            return [clock.replace(second=second) for second in seconds]
        return [time(clock.hour, *each) for each in product(minutes, seconds)]

    def _select_positions(self, clocks: list[time]) -> list[time]:
        if not self.rule.by_set_pos:
            return clocks
        count = len(clocks)
        places = {place - 1 if place > 0 else count + place for place in self.rule.by_set_pos}
        return [clocks[place] for place in sorted(places) if 0 <= place < count]

    def _named_times(self) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
        """Hours, minutes and seconds; what the rule does not name is as in `start`."""
        rule, start = self.rule, self.start
        return (
            rule.by_hour or (start.hour,),
            rule.by_minute or (start.minute,),
            rule.by_second or (start.second,),
        )


def _day_before(moment: datetime) -> date:
    return moment.date() - timedelta(days=1) if moment.date() > date.min else moment.date()


def _count_seconds(moment: datetime) -> int:
    clock = moment.hour * 3600 + moment.minute * 60 + moment.second
    return moment.date().toordinal() * _A_DAY + clock
