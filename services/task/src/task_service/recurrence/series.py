"""A task that recurs: which occurrence comes after which."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import chain
from typing import Literal
from zoneinfo import ZoneInfo

from task_service.recurrence.days import Day, Days
from task_service.recurrence.rule import Rule
from task_service.recurrence.wall_clock import Occurrence, place

LOOK_BACK_DAYS = (8, 64, 512, 4096)
"""Spans in which the last occurrence before now is looked for, before all are walked through."""

From = Literal["due", "completion"]
MonthEnd = Literal["clamp", "skip"]
Missed = Literal["one", "all", "skip"]


@dataclass(frozen=True, slots=True)
class Next:
    """The occurrence after a completed one, and what the series is from there on."""

    occurrence: Occurrence
    anchor: date
    number: int


@dataclass(frozen=True, slots=True)
class Series:
    """A rule, where it is counted from, and how it is read.

    anchor: the day the rule starts on, RFC 5545's DTSTART.
    due_date: the day of the occurrence at hand; it is number `number` of those COUNT counts.
    due_time: on the wall of the IANA zone `zone`; None where occurrences are dates.
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
        """What comes after the one at hand if each is done when it is due, soonest first."""
        return (found for found, _ in self._numbered())

    def after_completion(self, now: datetime) -> Next | None:
        """The occurrence that follows when the one at hand is done at `now`; None if it was the last."""
        if self.from_ == "completion":
            return self._from_completion(now)
        found = self._choose(now)
        return Next(found[0], self.anchor, found[1]) if found else None

    def never_returns(self) -> bool:
        """Whether the rule names no further day at all, ends left aside."""
        endless = replace(self, rule=replace(self.rule, count=None, until=None))
        return next(endless.occurrences(), None) is None

    def ends_before(self, day: date) -> bool:
        """Whether an occurrence on `day` would be behind UNTIL."""
        return self.rule.until is not None and self._is_past_the_end(
            place(Day(day), self.due_time, self.zone), 0
        )

    def _numbered(self) -> Iterator[tuple[Occurrence, int]]:
        number, before = self.number, self.due_date
        for day in Days(self.rule, self.anchor, self.month_end == "clamp").after(self.due_date):
            found = place(day, self.due_time, self.zone)
            if found.due_date <= before:
                continue
            number, before = number + 1, found.due_date
            if self._is_past_the_end(found, number):
                return
            yield found, number

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

    def _choose(self, now: datetime) -> tuple[Occurrence, int] | None:
        """The next one as `missed` says what to do with those that have passed."""
        if self.missed == "all":
            return next(self._numbered(), None)
        passed = None
        for found, number in self._from_about(now):
            if not self._has_passed(found, now):
                return passed if passed and self.missed == "one" else (found, number)
            passed = found, number
        return passed if self.missed == "one" else None

    def _from_about(self, now: datetime) -> Iterator[tuple[Occurrence, int]]:
        """As `_numbered`, but where nothing counts them, most of those long past are left out."""
        today = now.astimezone(ZoneInfo(self.zone)).date()
        for days in () if self.rule.count else LOOK_BACK_DAYS:
            start = today - timedelta(days=days)
            later = replace(self, due_date=start)._numbered() if start > self.due_date else iter(())
            first = next(later, None)
            if first and self._has_passed(first[0], now):
                return chain([first], later)
        return self._numbered()

    def _has_passed(self, found: Occurrence, now: datetime) -> bool:
        if found.due_at:
            return found.due_at < now
        return found.due_date < now.astimezone(ZoneInfo(self.zone)).date()

    def _from_completion(self, now: datetime) -> Next | None:
        """The rule starts again on the day of completion.

        Days of the calendar come after the occurrence at hand even if that was done early; a plain
        interval is measured from the completion alone.
        """
        done_on = now.astimezone(ZoneInfo(self.zone)).date()
        behind = done_on if self.rule.is_plain_interval else max(done_on, self.due_date)
        again = replace(self, anchor=done_on, due_date=behind)
        found = next(again._numbered(), None)
        return Next(found[0], done_on, found[1]) if found else None
