"""A rule in words: `every 2 weeks on Monday and Thursday`."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime

from task_service.recurrence.rule import MONTHS, Frequency, Rule, ordinal_number
from task_service.recurrence.wall_clock import spoken

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_UNITS = {
    Frequency.DAILY: "day",
    Frequency.WEEKLY: "week",
    Frequency.MONTHLY: "month",
    Frequency.YEARLY: "year",
}
_WORKING_DAYS = {(0, weekday) for weekday in range(5)}


def describe(rule: Rule, anchor: date) -> str:
    """What `rule`, counted from `anchor`, says; one line without a full stop."""
    return " ".join(_said(rule, anchor))


def _said(rule: Rule, anchor: date) -> Iterator[str]:
    unit = _UNITS[rule.frequency]
    yield f"every {unit}" if rule.interval == 1 else f"every {rule.interval} {unit}s"
    yield from _days(rule, anchor)
    if rule.by_month:
        yield f"in {_listed([MONTHS[month - 1] for month in rule.by_month])}"
    if rule.by_set_pos:
        yield f"(the {_listed([_place(position) for position in rule.by_set_pos])} of these)"
    if rule.count:
        yield f"{rule.count} times in all"
    if rule.until:
        yield f"until {spoken(rule.until.date() if isinstance(rule.until, datetime) else rule.until)}"


def _days(rule: Rule, anchor: date) -> Iterator[str]:
    if set(rule.by_day) == _WORKING_DAYS and rule.by_set_pos == ():
        yield "on working days"
    elif rule.by_day:
        yield f"on {_listed([_weekday(*named) for named in rule.by_day])}"
    elif rule.frequency is Frequency.WEEKLY:
        yield f"on {_DAYS[anchor.weekday()]}"
    if rule.by_month_day:
        yield f"on the {_listed([_month_day(day) for day in rule.by_month_day])}"
    elif rule.is_plain_interval and rule.frequency is Frequency.MONTHLY:
        yield f"on the {ordinal_number(anchor.day)}"
    elif rule.is_plain_interval and rule.frequency is Frequency.YEARLY:
        yield f"on {anchor.day} {MONTHS[anchor.month - 1]}"


def _weekday(ordinal: int, weekday: int) -> str:
    return f"the {_place(ordinal)} {_DAYS[weekday]}" if ordinal else _DAYS[weekday]


def _month_day(day: int) -> str:
    return ordinal_number(day) if day > 0 else f"{_place(day)} day"


def _place(position: int) -> str:
    if position > 0:
        return ordinal_number(position)
    return "last" if position == -1 else f"{ordinal_number(-position)} to last"


def _listed(words: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))
