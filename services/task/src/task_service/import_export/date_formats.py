"""Dates and times as programs write them, read a column at a time.

Which of two numbers is the day, a column says as a whole: one value that only one order allows decides
for all of them.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from functools import cache
from zoneinfo import ZoneInfo

from task_service.quickadd import Calendar, parse_text
from task_service.recurrence.rule import RuleError

MAX_WORDS = 80
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            *("jan january", "feb february", "mar march", "apr april", "may", "jun june", "jul july"),
            *("aug august", "sep sept september", "oct october", "nov november", "dec december"),
        ),
        start=1,
    )
    for name in names.split()
}
_TIME = (
    r"(?:(?:\s*,\s*|\s+|T|\s+at\s+)(?P<hour>\d{1,2})(?::(?P<minute>\d{2}))?(?::(?P<second>\d{2})(?:[.,]\d{1,9})?)?"
    r"\s*(?P<half>[ap]\.?m\.?)?\s*(?P<zone>Z|UTC|GMT|[+-]\d{2}:?\d{2}|[+-]\d{2})?)?"
)
_WEEKDAY = r"(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?,?\s+)?"
_FORMS = tuple(
    re.compile(rf"{_WEEKDAY}{form}{_TIME}", re.I | re.ASCII)
    for form in (
        r"(?P<year>\d{4})([-/.])(?P<month>\d{1,2})\2(?P<day>\d{1,2})",
        r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})",
        r"(?P<first>\d{1,2})(?P<mark>[-/.])\s?(?P<second_>\d{1,2})(?P=mark)\s?(?P<year>\d{4}|\d{2})",
        r"(?P<day>\d{1,2})(?:st|nd|rd|th|\.)?[-\s]+(?P<name>[a-z]{3,9})\.?,?[-\s]+(?P<year>\d{4}|\d{2})",
        r"(?P<name>[a-z]{3,9})\.?\s+(?P<day>\d{1,2})(?:st|nd|rd|th)?,?\s+(?P<year>\d{4})",
        r"(?P<year>\d{4})-(?P<name>[a-z]{3,9})-(?P<day>\d{1,2})",
    )
)
_CLOCK = re.compile(_TIME.replace(r"(?:\s*,\s*|\s+|T|\s+at\s+)", r"\s*").removesuffix("?"), re.I | re.ASCII)


@dataclass(frozen=True, slots=True)
class ParsedDateTime:
    """What was read: a day, perhaps with a time on the wall or at an offset from UTC."""

    day: date
    clock: time | None = None
    offset: timezone | None = None

    def to_utc(self, zone: str) -> datetime | None:
        """In UTC; a day begins where `zone` is. None at the ends of the calendar."""
        try:
            wall = datetime.combine(self.day, self.clock or time.min, self.offset or ZoneInfo(zone))
            return wall.astimezone(UTC)
        except OverflowError:
            return None

    def in_zone(self, zone: str) -> "ParsedDateTime":
        """The same on the wall of `zone`."""
        if self.offset is None:
            return self
        instant = self.to_utc(zone)
        try:
            wall = instant.astimezone(ZoneInfo(zone)) if instant else None
        except OverflowError:
            wall = None
        return ParsedDateTime(wall.date(), wall.time()) if wall else ParsedDateTime(self.day, self.clock)


class DateColumn:
    """How the dates of one column are read."""

    def __init__(self, values: Iterable[str], calendar: Calendar) -> None:
        found = [match for value in values if (match := _match_format(value.strip())) and match["first"]]
        orders = {order for match in found if (order := _required_order(match))}
        self.is_ambiguous = bool(found) and not orders
        self.is_mixed = len(orders) > 1
        marks = {match["mark"] for match in found}
        by_custom = calendar.month_first and marks <= {"/", "-"}
        self.month_first = orders == {"month"} or (not orders and by_custom)
        self._calendar = calendar
        self._read_words: dict[str, ParsedDateTime | None] = {}
        """A column says "tomorrow" or "every day" again and again."""

    def parse(self, text: str) -> ParsedDateTime | None:
        """None for what is no date."""
        text = text.strip()
        match = _match_format(text)
        if match is None:
            if text not in self._read_words:
                self._read_words[text] = self._parse_words(text)
            return self._read_words[text]
        try:
            return ParsedDateTime(self._build_date(match), *_build_time(match))
        except ValueError:
            return None

    def _build_date(self, match: "DateParts") -> date:
        year = int(match["year"] or 0)
        year = year if year > 99 else 2000 + year
        if match["name"]:
            return date(year, _MONTHS[match["name"].lower()], int(match["day"] or 0))
        if not match["first"]:
            return date(year, int(match["month"] or 0), int(match["day"] or 0))
        first, second = int(match["first"]), int(match["second_"] or 0)
        month_first = _required_order(match) == "month" if _required_order(match) else self.month_first
        day, month = (second, first) if month_first else (first, second)
        return date(year, month, day)

    def _parse_words(self, text: str) -> ParsedDateTime | None:
        if not 2 < len(text) <= MAX_WORDS:
            return None
        try:
            found = parse_text(f"x {text}", self._calendar)
        except (ValueError, OverflowError, RuleError):
            return None
        if found.title != "x" or found.due_date is None or found.recurrence:
            return None
        return ParsedDateTime(found.due_date, found.due_time)


DateParts = dict[str, str | None]


def parse_time(text: str) -> time | None:
    """A time alone: `14:00`, `2:00 PM`."""
    match = _CLOCK.fullmatch(text.strip())
    try:
        return _build_time(match.groupdict())[0] if match and (match["minute"] or match["half"]) else None
    except ValueError:
        return None


@cache
def _empty_parts() -> DateParts:
    return dict.fromkeys(
        (
            "year",
            "month",
            "day",
            "name",
            "first",
            "second_",
            "mark",
            "hour",
            "minute",
            "second",
            "half",
            "zone",
        )
    )


def _match_format(text: str) -> DateParts | None:
    if len(text) > MAX_WORDS:
        return None
    for form in _FORMS:
        match = form.fullmatch(text)
        if match and (not match.groupdict().get("name") or match["name"].lower() in _MONTHS):
            return _empty_parts() | match.groupdict()
    return None


def _required_order(match: DateParts) -> str | None:
    """Which of the two numbers must be the month; None if each can be."""
    first, second = int(match["first"] or 0), int(match["second_"] or 0)
    if first > 12 >= second:
        return "day"
    return "month" if second > 12 >= first else None


def _build_time(match: DateParts) -> tuple[time | None, timezone | None]:
    if not match["hour"]:
        return None, None
    hour, half = int(match["hour"]), (match["half"] or "").lower()[:1]
    if half:
        if not 1 <= hour <= 12:
            raise ValueError("no such hour")
        hour = hour % 12 + (12 if half == "p" else 0)
    elif not match["minute"] and not match["zone"]:
        raise ValueError("a number is not a time")
    clock = time(hour, int(match["minute"] or 0), int(match["second"] or 0))
    return clock, _parse_offset(match["zone"])


def _parse_offset(text: str | None) -> timezone | None:
    if not text:
        return None
    if text[0] not in "+-":
        return UTC
    digits = text[1:].replace(":", "").ljust(4, "0")
    span = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-span if text[0] == "-" else span)
