"""A task's recurrence as calendar programs read it: a rule, or the days themselves.

Programs count a rule from DTSTART, which is the current occurrence; ours may have begun elsewhere, and clamps
days to the end of short months. The exported RRULE is checked against dateutil, which most programs agree
with; where the days differ, the next `MAX_RDATES` are listed as RDATE instead.
"""

import re
from datetime import UTC, date, datetime, time
from functools import lru_cache
from itertools import islice
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

from task_service.models import Task
from task_service.recurrence import Rule, Series, parse_rule
from task_service.recurrence.rule import Frequency

MAX_RDATES = 100
"""Days that are listed of a recurrence no rule can say."""
COMPARED_OCCURRENCES = 30
SHORTEST_MONTH = 28


def export_recurrence(task: Task, zone: str) -> str | tuple[date, ...]:
    """An RRULE, or the days, the one at hand among them; of a task with a time, moments on the wall.

    zone: where the user lives, for what floats.
    """
    assert task.recurrence
    assert task.due_date
    return _export_cached(
        task.recurrence["rule"],
        task.recurrence["month_end"],
        task.rule_from or task.due_date,
        task.rule_number,
        task.due_date,
        task.due_time,
        task.time_zone,
        zone,
    )


@lru_cache(maxsize=4096)
def _export_cached(
    text: str,
    month_end: str,
    anchor: date,
    number: int,
    due_date: date,
    due_time: time | None,
    own_zone: str | None,
    user_zone: str,
) -> str | tuple[date, ...]:
    zone = own_zone or user_zone
    rule = parse_rule(text)
    series = Series(rule, anchor, due_date, due_time, zone, number, month_end=month_end)  # type: ignore[arg-type]
    ours = [
        _occurrence_start(found.due_date, found.due_time)
        for found in islice(series.occurrences(), MAX_RDATES)
    ]
    written = _write_rule(text, rule, series, own_zone)
    if _agrees_with_dateutil(written, series, own_zone, ours[:COMPARED_OCCURRENCES]):
        return written
    return (_occurrence_start(due_date, due_time), *ours)


def _occurrence_start(day: date, clock: time | None) -> date:
    return datetime.combine(day, clock) if clock else day


def _agrees_with_dateutil(written: str, series: Series, own_zone: str | None, ours: list[date]) -> bool:
    start = datetime.combine(series.due_date, series.due_time or time())
    zoned = start.replace(tzinfo=ZoneInfo(own_zone)) if series.due_time and own_zone else start
    try:
        found = islice(rrulestr(written, dtstart=zoned), COMPARED_OCCURRENCES + 1)
        theirs = [each.replace(tzinfo=None) for each in found]
    except (ValueError, OverflowError):
        return False
    days = theirs if series.due_time else [each.date() for each in theirs]
    return days == [_occurrence_start(series.due_date, series.due_time), *ours]


def _write_rule(text: str, rule: Rule, series: Series, own_zone: str | None) -> str:
    """COUNT is what is left of it, UNTIL of DTSTART's own type. A day clamped to the end of a shorter
    month is said as the last of the days from the 28th up to it.
    """
    if rule.count:
        text = re.sub(r"COUNT=\d+", f"COUNT={max(rule.count - series.number + 1, 1)}", text)
    if rule.until:
        text = re.sub(r"UNTIL=[0-9TZ]+", f"UNTIL={_write_until(rule.until, series, own_zone)}", text)
    day = _clamped_day(rule, series.anchor)
    if series.month_end != "clamp" or day is None:
        return text
    month = f";BYMONTH={series.anchor.month}" if _needs_month(rule) else ""
    text = re.sub(r";BYMONTHDAY=\d+", "", text)
    days = ",".join(str(each) for each in range(SHORTEST_MONTH, day + 1))
    return f"{text}{month};BYMONTHDAY={days};BYSETPOS=-1"


def _write_until(until: date | datetime, series: Series, own_zone: str | None) -> str:
    """RFC 5545, section 3.3.10: a date with a date, a local time with a floating one, else UTC."""
    last = until
    if isinstance(until, datetime) and until.tzinfo:
        last = until.astimezone(ZoneInfo(series.zone))
    if series.due_time is None:
        return f"{last:%Y%m%d}"
    if not isinstance(last, datetime):
        last = datetime.combine(last, series.due_time)
    if own_zone is None:
        return f"{last:%Y%m%dT%H%M%S}"
    zoned = last if last.tzinfo else last.replace(tzinfo=ZoneInfo(own_zone))
    return f"{zoned.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _clamped_day(rule: Rule, anchor: date) -> int | None:
    """The one day of the month that a month can be too short for."""
    if rule.frequency not in (Frequency.MONTHLY, Frequency.YEARLY) or rule.by_day or rule.by_set_pos:
        return None
    if rule.by_year_day or rule.by_week_no:
        return None
    if len(rule.by_month) > 1 or len(rule.by_month_day) > 1:
        return None
    day = rule.by_month_day[0] if rule.by_month_day else anchor.day
    if rule.frequency is Frequency.YEARLY and not _needs_month(rule) and not rule.by_month:
        return None
    return day if day > SHORTEST_MONTH else None


def _needs_month(rule: Rule) -> bool:
    """Whether a yearly rule leaves its month to the day it is counted from."""
    return rule.frequency is Frequency.YEARLY and not rule.by_month and not rule.by_month_day
