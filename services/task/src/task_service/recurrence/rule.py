"""Parses recurrence rules: the RRULE of RFC 5545, section 3.3.10, with its restrictions on combinations.

Beyond the RFC, INTERVAL and COUNT are bounded, and a day that none of the months has is an error
(`BYMONTH=2;BYMONTHDAY=30`), where the RFC has a rule that never occurs.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from enum import StrEnum
from functools import lru_cache
from math import prod
from typing import Any

MAX_INTERVAL = 1000
MAX_COUNT = 1000
MAX_TIMES = 1440
"""The most times that BYHOUR, BYMINUTE and BYSECOND may name together, in a day or an hour."""
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
LONGEST_MONTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
"""Days of each month in a leap year."""
MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)


class Frequency(StrEnum):
    SECONDLY = "SECONDLY"
    MINUTELY = "MINUTELY"
    HOURLY = "HOURLY"
    DAILY = "DAILY"
    WEEKLY = "WEEKLY"
    MONTHLY = "MONTHLY"
    YEARLY = "YEARLY"

    @property
    def is_within_a_day(self) -> bool:
        return self in (Frequency.SECONDLY, Frequency.MINUTELY, Frequency.HOURLY)


class RuleError(ValueError):
    """What is wrong with a rule, in words for a person; `position` is the offset in the text."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.message = message
        self.position = position


@dataclass(frozen=True, slots=True)
class Rule:
    """A valid rule. Weekdays count from Monday = 0; an ordinal of 0 means every such weekday."""

    frequency: Frequency
    interval: int = 1
    by_day: tuple[tuple[int, int], ...] = ()
    """Ordinal and weekday: `-1FR` is (-1, 4)."""
    by_month_day: tuple[int, ...] = ()
    by_year_day: tuple[int, ...] = ()
    by_week_no: tuple[int, ...] = ()
    """Weeks as ISO 8601 numbers them, but beginning on `week_start`."""
    by_month: tuple[int, ...] = ()
    by_hour: tuple[int, ...] = ()
    by_minute: tuple[int, ...] = ()
    by_second: tuple[int, ...] = ()
    by_set_pos: tuple[int, ...] = ()
    count: int | None = None
    until: date | datetime | None = None
    """The last day, or the last instant (UTC), or the last time on the wall (naive)."""
    week_start: int = 0

    @property
    def is_plain_interval(self) -> bool:
        """Whether it says only how far apart occurrences are, not which days they are."""
        named = self.by_day or self.by_month_day or self.by_year_day or self.by_week_no or self.by_month
        return not named

    @property
    def names_times(self) -> bool:
        return bool(self.by_hour or self.by_minute or self.by_second)

    @property
    def has_times(self) -> bool:
        """Whether it is the rule that says at which times of day, not the task."""
        return self.names_times or self.frequency.is_within_a_day

    @property
    def has_ordinals(self) -> bool:
        return any(ordinal for ordinal, _ in self.by_day)


@dataclass(frozen=True, slots=True)
class _RulePart:
    """`NAME=value`, with where both begin."""

    name: str
    value: str
    at: int
    value_at: int

    def make_error(self, message: str) -> RuleError:
        return RuleError(message, self.value_at)

    def split_items(self) -> list["_RulePart"]:
        """The members of a list, each with its own place."""
        found, at = [], self.value_at
        for text in self.value.split(","):
            found.append(replace(self, value=text, value_at=at))
            at += len(text) + 1
        return found


def normalize_rule(text: str) -> str:
    """The canonical text of a rule, as stored: upper case, without the property name."""
    return text.strip().upper().removeprefix("RRULE:")


@lru_cache(maxsize=1024)
def parse_rule(text: str) -> Rule:
    """Parse a rule in any case, with or without a leading `RRULE:`. Raises `RuleError` with the offset."""
    parts = _split_parts(text)
    if "FREQ" not in parts:
        raise RuleError("A rule needs a FREQ, such as FREQ=WEEKLY.", 0)
    fields = {_PARSERS[name][0]: _PARSERS[name][1](part) for name, part in parts.items() if name in _PARSERS}
    rule = Rule(**fields)
    _check_combinations(rule, parts)
    return rule


def _split_parts(text: str) -> dict[str, _RulePart]:
    at = len(text) - len(text.lstrip())
    at += len("RRULE:") if text[at:].upper().startswith("RRULE:") else 0
    found: dict[str, _RulePart] = {}
    for piece in text.rstrip()[at:].upper().split(";"):
        name, equals, value = piece.partition("=")
        part = _RulePart(name, value, at, at + len(name) + 1)
        if not equals or not value:
            raise RuleError("A rule is made of parts like FREQ=DAILY, with ; between them.", at)
        if name in found:
            raise RuleError(f"{name} appears twice.", at)
        if name not in _PARSERS:
            raise RuleError(f"{name[:20]} is not a recurrence rule part.", at)
        found[name] = part
        at += len(piece) + 1
    return found


def _parse_frequency(part: _RulePart) -> Frequency:
    if part.value not in list(Frequency):
        raise part.make_error("FREQ is one of YEARLY, MONTHLY, WEEKLY, DAILY, HOURLY, MINUTELY and SECONDLY.")
    return Frequency(part.value)


def _parse_number(part: _RulePart, low: int, high: int) -> int:
    if not re.fullmatch(r"[+-]?[0-9]{1,4}", part.value) or not low <= int(part.value) <= high:
        raise part.make_error(f"{part.name} is a number from {low} to {high}.")
    return int(part.value)


def _parse_numbers(part: _RulePart, low: int, high: int) -> tuple[int, ...]:
    found = {_parse_number(item, low, high) for item in part.split_items()}
    if 0 in found:
        raise part.make_error(f"{part.name} has no 0; counting starts at 1, or at -1 from the end.")
    return tuple(sorted(found))


def _parse_clock_numbers(part: _RulePart, high: int) -> tuple[int, ...]:
    return tuple(sorted({_parse_number(item, 0, high) for item in part.split_items()}))


def _parse_seconds(part: _RulePart) -> tuple[int, ...]:
    """RFC 5545 allows 60, a leap second; Python's `time` has none, so it is read as 59."""
    return tuple(sorted({min(second, 59) for second in _parse_clock_numbers(part, 60)}))


def _parse_weekday(part: _RulePart) -> int:
    if part.value not in WEEKDAYS:
        raise part.make_error(f"{part.name} names weekdays as MO, TU, WE, TH, FR, SA and SU.")
    return WEEKDAYS.index(part.value)


def _parse_by_day(part: _RulePart) -> tuple[tuple[int, int], ...]:
    found: dict[tuple[int, int], None] = {}
    for item in part.split_items():
        match = re.fullmatch(r"([+-]?[0-9]{1,2})?([A-Z]{2})", item.value)
        ordinal = int(match[1]) if match and match[1] else 0
        if match is None or abs(ordinal) > 53 or (match[1] and not ordinal):
            raise item.make_error("BYDAY names weekdays, such as MO, or 2TU and -1FR in a month or year.")
        found[ordinal, _parse_weekday(replace(item, value=match[2]))] = None
    return tuple(found)


def _parse_until(part: _RulePart) -> date | datetime:
    match = re.fullmatch(r"(\d{8})(T\d{6}(Z?))?", part.value, re.ASCII)
    try:
        if match and match[2]:
            moment = datetime.strptime(part.value.rstrip("Z"), "%Y%m%dT%H%M%S")  # noqa: DTZ007
            return moment.replace(tzinfo=UTC) if match[3] else moment
        if match:
            return date.fromisoformat(match[1])
    except ValueError:
        pass
    raise part.make_error("UNTIL is a date, as 20261224, or a moment, as 20261224T170000Z.")


_PARSERS: Mapping[str, tuple[str, Callable[[_RulePart], Any]]] = {
    "FREQ": ("frequency", _parse_frequency),
    "INTERVAL": ("interval", lambda part: _parse_number(part, 1, MAX_INTERVAL)),
    "BYDAY": ("by_day", _parse_by_day),
    "BYMONTHDAY": ("by_month_day", lambda part: _parse_numbers(part, -31, 31)),
    "BYYEARDAY": ("by_year_day", lambda part: _parse_numbers(part, -366, 366)),
    "BYWEEKNO": ("by_week_no", lambda part: _parse_numbers(part, -53, 53)),
    "BYMONTH": ("by_month", lambda part: _parse_numbers(part, 1, 12)),
    "BYHOUR": ("by_hour", lambda part: _parse_clock_numbers(part, 23)),
    "BYMINUTE": ("by_minute", lambda part: _parse_clock_numbers(part, 59)),
    "BYSECOND": ("by_second", _parse_seconds),
    "BYSETPOS": ("by_set_pos", lambda part: _parse_numbers(part, -366, 366)),
    "COUNT": ("count", lambda part: _parse_number(part, 1, MAX_COUNT)),
    "UNTIL": ("until", _parse_until),
    "WKST": ("week_start", _parse_weekday),
}
"""Field of `Rule` and reader of each part."""

_ALLOWED_FREQUENCIES: Mapping[str, tuple[Frequency, ...]] = {
    "BYWEEKNO": (Frequency.YEARLY,),
    "BYYEARDAY": (Frequency.YEARLY, Frequency.HOURLY, Frequency.MINUTELY, Frequency.SECONDLY),
    "BYMONTHDAY": tuple(each for each in Frequency if each is not Frequency.WEEKLY),
}
"""The frequencies some parts go with, by the table of RFC 5545, section 3.3.10."""


def _check_combinations(rule: Rule, parts: Mapping[str, _RulePart]) -> None:
    """Raise `RuleError` for combinations of parts that RFC 5545, 3.3.10, forbids."""
    if rule.count is not None and rule.until is not None:
        raise RuleError("COUNT and UNTIL don't go together.", parts["UNTIL"].at)
    if rule.by_set_pos and rule.is_plain_interval and not rule.names_times:
        raise RuleError("BYSETPOS needs another BY… part to choose from.", parts["BYSETPOS"].at)
    for name, frequencies in _ALLOWED_FREQUENCIES.items():
        if name in parts and rule.frequency not in frequencies:
            raise RuleError(f"{name} does not go with FREQ={rule.frequency}.", parts[name].at)
    if rule.has_ordinals and rule.frequency not in (Frequency.MONTHLY, Frequency.YEARLY):
        raise RuleError("2MO or -1FR need a month or year to count in.", parts["BYDAY"].value_at)
    if rule.has_ordinals and rule.by_week_no:
        raise RuleError("2MO or -1FR don't go with BYWEEKNO.", parts["BYDAY"].value_at)
    _check_times(rule, parts)
    _check_positions(rule, parts)
    if rule.frequency is Frequency.MONTHLY or rule.by_month:
        _check_ordinals_in_month(rule, parts)
    _check_month_lengths(rule, parts)


def _check_times(rule: Rule, parts: Mapping[str, _RulePart]) -> None:
    if count_named_times(rule) > MAX_TIMES:
        raise RuleError(f"A rule can have at most {MAX_TIMES} times.", parts["BYSECOND"].at)


def count_named_times(rule: Rule) -> int:
    """How many times BYHOUR, BYMINUTE and BYSECOND expand one period to (their Cartesian product).

    The period is a day; for HOURLY and MINUTELY it is that hour or minute.
    """
    widths = [len(named) or 1 for named in (rule.by_second, rule.by_minute, rule.by_hour)]
    levels = {Frequency.SECONDLY: 0, Frequency.MINUTELY: 1, Frequency.HOURLY: 2}
    return prod(widths[: levels.get(rule.frequency, 3)])


def _check_positions(rule: Rule, parts: Mapping[str, _RulePart]) -> None:
    """A day or week has no more times than are named; months and years differ and are not judged."""
    days = {Frequency.WEEKLY: len({weekday for _, weekday in rule.by_day}) or 1}
    most = 366 if rule.frequency in (Frequency.MONTHLY, Frequency.YEARLY) else days.get(rule.frequency, 1)
    most *= count_named_times(rule)
    if rule.by_set_pos and all(abs(position) > most for position in rule.by_set_pos):
        raise RuleError("BYSETPOS exceeds what there is to choose from.", parts["BYSETPOS"].value_at)


def _check_ordinals_in_month(rule: Rule, parts: Mapping[str, _RulePart]) -> None:
    if any(abs(ordinal) > 5 for ordinal, _ in rule.by_day):
        raise RuleError("No month has a weekday more than 5 times.", parts["BYDAY"].value_at)


def _check_month_lengths(rule: Rule, parts: Mapping[str, _RulePart]) -> None:
    """A day none of the months ever has is a mistake, however month ends are treated."""
    if not rule.by_month or not rule.by_month_day:
        return
    longest = max(LONGEST_MONTHS[month - 1] for month in rule.by_month)
    if all(abs(day) > longest for day in rule.by_month_day):
        named = " and ".join(MONTHS[month - 1] for month in rule.by_month)
        day = format_ordinal(abs(rule.by_month_day[0]))
        raise RuleError(f"{named} never has a {day}: there is no such day.", parts["BYMONTHDAY"].value_at)


def format_ordinal(number: int) -> str:
    """`31st`, `2nd`, `12th`."""
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th") if number % 100 not in (11, 12, 13) else "th"
    return f"{number}{ending}"
