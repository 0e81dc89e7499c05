"""Recurrence rules in words: `every 2 weeks on Monday and Thursday`."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from itertools import product

from task_service.recurrence.rule import MONTHS, Frequency, Rule, format_ordinal
from task_service.recurrence.wall_clock import format_date

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_UNITS = {
    Frequency.SECONDLY: "second",
    Frequency.MINUTELY: "minute",
    Frequency.HOURLY: "hour",
    Frequency.DAILY: "day",
    Frequency.WEEKLY: "week",
    Frequency.MONTHLY: "month",
    Frequency.YEARLY: "year",
}
MAX_TIMES_LISTED = 6
_WORKING_DAYS = {(0, weekday) for weekday in range(5)}


def describe_rule(rule: Rule, anchor: date) -> str:
    """What `rule`, counted from `anchor`, says; one line without a full stop."""
    return " ".join(_describe_parts(rule, anchor))


def _describe_parts(rule: Rule, anchor: date) -> Iterator[str]:
    unit = _UNITS[rule.frequency]
    yield f"every {unit}" if rule.interval == 1 else f"every {rule.interval} {unit}s"
    yield from _describe_days(rule, anchor)
    if rule.by_year_day:
        yield f"on the {_join_words([_format_year_day(day) for day in rule.by_year_day])} of the year"
    if rule.by_week_no:
        yield f"in the {_join_words([_format_position(week) for week in rule.by_week_no])} week of the year"
    if rule.by_month:
        yield f"in {_join_words([MONTHS[month - 1] for month in rule.by_month])}"
    yield from _describe_times(rule)
    if rule.by_set_pos:
        yield f"(the {_join_words([_format_position(position) for position in rule.by_set_pos])} of these)"
    if rule.count:
        yield f"{rule.count} times in all"
    if rule.until:
        yield f"until {format_date(rule.until.date() if isinstance(rule.until, datetime) else rule.until)}"


def _describe_days(rule: Rule, anchor: date) -> Iterator[str]:
    if set(rule.by_day) == _WORKING_DAYS and rule.by_set_pos == ():
        yield "on working days"
    elif rule.by_day:
        yield f"on {_join_words([_format_weekday(*named) for named in rule.by_day])}"
    elif rule.frequency is Frequency.WEEKLY or _leaves_the_weekday(rule):
        yield f"on {_DAYS[anchor.weekday()]}"
    if rule.by_month_day:
        yield f"on the {_join_words([_format_month_day(day) for day in rule.by_month_day])}"
    elif rule.is_plain_interval and rule.frequency is Frequency.MONTHLY:
        yield f"on the {format_ordinal(anchor.day)}"
    elif rule.is_plain_interval and rule.frequency is Frequency.YEARLY:
        yield f"on {anchor.day} {MONTHS[anchor.month - 1]}"


def _describe_times(rule: Rule) -> Iterator[str]:
    """Times of day where the hours are named, else each part for itself."""
    if rule.by_hour and not rule.frequency.is_within_a_day and len(rule.by_second) <= 1:
        yield _describe_clock_times(rule.by_hour, rule.by_minute)
        return
    if rule.by_hour:
        yield f"from {_join_words([f'{hour:02}:00 to {hour:02}:59' for hour in rule.by_hour])}"
    if rule.by_minute:
        yield f"at minute {_join_words([str(minute) for minute in rule.by_minute])}"
    if rule.by_second:
        yield f"at second {_join_words([str(second) for second in rule.by_second])}"


def _describe_clock_times(hours: Sequence[int], minutes: Sequence[int]) -> str:
    """What the task says is not repeated: without minutes, only the hours are named."""
    if not minutes:
        return f"in the hours {_join_words([str(hour) for hour in hours])}"
    times = [f"{hour:02}:{minute:02}" for hour, minute in product(hours, minutes)]
    if len(times) <= MAX_TIMES_LISTED:
        return f"at {_join_words(times)}"
    return f"at {len(times)} times from {times[0]} to {times[-1]}"


def _format_weekday(ordinal: int, weekday: int) -> str:
    return f"the {_format_position(ordinal)} {_DAYS[weekday]}" if ordinal else _DAYS[weekday]


def _format_month_day(day: int) -> str:
    return format_ordinal(day) if day > 0 else f"{_format_position(day)} day"


def _format_year_day(day: int) -> str:
    return f"{_format_position(day)} day"


def _leaves_the_weekday(rule: Rule) -> bool:
    return bool(rule.by_week_no) and not (rule.by_month_day or rule.by_year_day)


def _format_position(position: int) -> str:
    if position > 0:
        return format_ordinal(position)
    return "last" if position == -1 else f"{format_ordinal(-position)} to last"


def _join_words(words: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))
