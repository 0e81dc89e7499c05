"""The series of a recurring task: which occurrence follows which.

The rule is counted from the anchor (RFC 5545's DTSTART), or anew from each completion. COUNT needs no
history: the task stores the number of its own occurrence.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import chain
from typing import Literal
from zoneinfo import ZoneInfo

from task_service.recurrence.days import RuleDay
from task_service.recurrence.rule import Rule
from task_service.recurrence.times import RuleTimes, make_rule_days
from task_service.recurrence.wall_clock import Occurrence, resolve_occurrence

LOOK_BACK = tuple(timedelta(days=days) for days in (8, 64, 512, 4096))
LOOK_BACK_OF_TIMES = (timedelta(minutes=1), timedelta(hours=1), timedelta(days=1), *LOOK_BACK)
"""Growing spans before now in which the last missed occurrence is searched for, before all are iterated."""

From = Literal["due", "completion"]
MonthEnd = Literal["clamp", "skip"]
Missed = Literal["one", "all", "skip"]


@dataclass(frozen=True, slots=True)
class NextOccurrence:
    """The occurrence after a completed one, and what the series is from there on."""

    occurrence: Occurrence
    anchor: date
    number: int


@dataclass(frozen=True, slots=True)
class Series:
    """A rule, where it is counted from, and how it is read.

    anchor: the day the rule starts on, RFC 5545's DTSTART.
    due_date: the day of the occurrence at hand; it is number `number` of those COUNT counts.
    due_time: on the wall of the IANA zone `zone`; None where occurrences are dates, which have no times
        whatever the rule says of them.
    """

    rule: Rule
    anchor: date
    due_date: date
    due_time: time | None
    zone: str
    number: int = 1
    from_: From = "due"
    month_end: MonthEnd = "clamp"
    missed: Missed = "skip"

    def occurrences(self) -> Iterator[Occurrence]:
        """The occurrences after the current one, if each is completed when it is due, soonest first."""
        return (found for found, _ in self._number_occurrences())

    def after_completion(self, now: datetime) -> NextOccurrence | None:
        """The occurrence after the current one, completed at `now`; None if it was the last."""
        if self.from_ == "completion":
            return self._find_from_completion(now)
        found = self._choose_next(now)
        return NextOccurrence(found[0], self.anchor, found[1]) if found else None

    def never_returns(self) -> bool:
        """Whether the rule names no further day at all, ends left aside."""
        endless = replace(self, rule=replace(self.rule, count=None, until=None))
        return next(endless.occurrences(), None) is None

    def ends_before(self, day: date) -> bool:
        """Whether an occurrence on `day` would be after UNTIL."""
        return self.rule.until is not None and self._is_past_the_end(
            resolve_occurrence(RuleDay(day), self.due_time, self.zone), 0
        )

    def _number_occurrences(self, after: datetime | None = None) -> Iterator[tuple[Occurrence, int]]:
        """The occurrences after the local time `after`, numbered from that of the current occurrence.

        Two local times can be one instant (in a DST gap): the second is dropped, not counted.
        """
        after = after or self._current_time()
        number, before = self.number, self._resolve_day(RuleDay(after.date()), after.time())
        for day, clock in self._iterate_times(after):
            found = self._resolve_day(day, clock)
            if not found.is_after(before):
                continue
            number, before = number + 1, found
            if self._is_past_the_end(found, number):
                return
            yield found, number

    def _iterate_times(self, after: datetime) -> Iterator[tuple[RuleDay, time | None]]:
        clamp = self.month_end == "clamp"
        if self.due_time and self.rule.has_times:
            yield from RuleTimes(self.rule, self.anchor, self._current_time(), clamp).after(after)
            return
        for day in make_rule_days(self.rule, self.anchor, clamp=clamp).after(after.date()):
            yield day, self.due_time

    def _current_time(self) -> datetime:
        return datetime.combine(self.due_date, self.due_time or time())

    def _resolve_day(self, day: RuleDay, clock: time | None) -> Occurrence:
        return resolve_occurrence(day, clock if self.due_time else None, self.zone)

    def _is_past_the_end(self, found: Occurrence, number: int) -> bool:
        until = self.rule.until
        if until is None:
            return self.rule.count is not None and number > self.rule.count
        if not isinstance(until, datetime):
            return found.due_date > until
        if until.tzinfo and found.due_at:
            return found.due_at > until
        last = until.astimezone(ZoneInfo(self.zone)) if until.tzinfo else until
        wall = (found.due_date, found.due_time or last.time())
        return wall > (last.date(), last.time())

    def _choose_next(self, now: datetime) -> tuple[Occurrence, int] | None:
        """The next one as `missed` says what to do with those that have passed."""
        if self.missed == "all":
            return next(self._number_occurrences(), None)
        passed = None
        for found, number in self._number_from_about(now):
            if not self._has_passed(found, now):
                return passed if passed and self.missed == "one" else (found, number)
            passed = found, number
        return passed if self.missed == "one" else None

    def _number_from_about(self, now: datetime) -> Iterator[tuple[Occurrence, int]]:
        """As `_number_occurrences`, but where nothing counts them, most of those long past are left out."""
        wall = self._to_wall_time(now)
        spans = LOOK_BACK_OF_TIMES if self.rule.has_times else LOOK_BACK
        for span in () if self.rule.count else spans:
            start = wall - span
            later = self._number_occurrences(start) if start > self._current_time() else iter(())
            first = next(later, None)
            if first and self._has_passed(first[0], now):
                return chain([first], later)
        return self._number_occurrences()

    def _to_wall_time(self, now: datetime) -> datetime:
        return now.astimezone(ZoneInfo(self.zone)).replace(tzinfo=None)

    def _has_passed(self, found: Occurrence, now: datetime) -> bool:
        if found.due_at:
            return found.due_at < now
        return found.due_date < now.astimezone(ZoneInfo(self.zone)).date()

    def _find_from_completion(self, now: datetime) -> NextOccurrence | None:
        """The next occurrence with the rule restarted on the day of completion.

        A plain interval ("every 3 days") is measured from the completion. Where the rule names days ("every
        Monday"), the next one is also after the current occurrence: completing early must not repeat it.
        """
        done_at = self._to_wall_time(now).replace(second=0, microsecond=0)
        if self.due_time and self.rule.has_times:
            return self._find_from_time(done_at)
        done_on = done_at.date()
        after = done_on if self.rule.is_plain_interval else max(done_on, self.due_date)
        return self._restart_rule(done_on, datetime.combine(after, self.due_time or time()))

    def _find_from_time(self, done_at: datetime) -> NextOccurrence | None:
        """Hours, minutes and seconds are measured from the moment of completion."""
        if not self.rule.frequency.is_within_a_day:
            return self._restart_rule(done_at.date(), max(done_at, self._current_time()))
        is_plain = self.rule.is_plain_interval and not self.rule.names_times
        again = replace(self, due_date=done_at.date(), due_time=done_at.time())
        return again._restart_rule(
            done_at.date(), done_at if is_plain else max(done_at, self._current_time())
        )

    def _restart_rule(self, anchor: date, after: datetime) -> NextOccurrence | None:
        found = next(replace(self, anchor=anchor)._number_occurrences(after), None)
        return NextOccurrence(found[0], anchor, found[1]) if found else None
