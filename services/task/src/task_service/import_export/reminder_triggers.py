"""Reminders in a cell of a table: durations before the task is due, as TickTick writes them, or an instant.

A duration is RFC 5545's (3.8.6.3, `TRIGGER`): below zero it lies before the task. What is due on a day
without a time has the beginning of that day for it, so `P0DT9H0M0S` is nine o'clock.
"""

import re
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from icalendar import vDuration

from task_service.import_export.date_formats import ParsedDateTime

_BETWEEN = re.compile(r"[,;\s]+")
_TRIGGER = re.compile(r"(?:TRIGGER:)?([+-]?P[0-9WDTHMS]+)", re.I)


def parse_triggers(
    text: str, due: ParsedDateTime | None, zone: str, *, repeats: bool
) -> list[dict[str, Any]] | None:
    """The reminders of a task that is `due` on the wall of `zone`; None if one of them can't be kept.

    repeats: whether the task does. An instant would be right for its first occurrence only.
    """
    if due is None:
        return None
    found = [_parse_trigger(each, due, zone) for each in _BETWEEN.split(text.strip()) if each]
    if any(each is None or (repeats and "at" in each) for each in found):
        return None
    return [each for each in found if each]


def _parse_trigger(text: str, due: ParsedDateTime, zone: str) -> dict[str, Any] | None:
    match = _TRIGGER.fullmatch(text)
    try:
        after = vDuration.from_ical(match[1].upper()) if match else None  # type: ignore[no-untyped-call]
        if after is None:
            return None
        if due.clock is None:
            at = datetime.combine(due.day, time.min) + after
            return {"at": at.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC).isoformat()}
    except (OverflowError, ValueError):
        return None
    return None if after > timedelta(0) else {"minutes_before": int(-after.total_seconds() // 60)}
