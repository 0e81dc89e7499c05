"""How tasks repeat in Google Takeout: rules beside the tasks of a list, and a task for each occurrence.

"recurrences": [{"id": …, "stopped": …, "schedule": {
    "interval": {"interval_multiplier": 2, "weekly": {"day_of_week": ["MONDAY"]}},
    "end_condition": {"date_boundary": …}, "first_instance_date": …}}]
"items": [{"task_recurrence_id": …, "scheduled_time": [{"current": true, "start": …}]}]
"""

from collections.abc import Iterable, Mapping
from typing import Any

from task_service.import_export.json_values import Json, as_text
from task_service.import_export.parsed_file import parse_integer

FREQUENCIES = ("daily", "weekly", "monthly", "yearly")
_DAYS = {"MO", "TU", "WE", "TH", "FR", "SA", "SU"}
_KNOWN_KEYS = {"interval_multiplier", *FREQUENCIES}


def convert_rule(recurrence: Json) -> str | None:
    """RFC 5545's rule; None where it says more than is known here, or has been stopped."""
    schedule = recurrence.get("schedule")
    if not isinstance(schedule, Mapping):
        return None
    interval = schedule.get("interval")
    if not isinstance(interval, Mapping) or recurrence.get("stopped") not in (None, False, "false"):
        return None
    kinds = [kind for kind in FREQUENCIES if kind in interval]
    if len(kinds) != 1 or interval.keys() - _KNOWN_KEYS:
        return None
    details = _convert_weekdays(kinds[0], interval[kinds[0]])
    until = _convert_end(schedule.get("end_condition"))
    if details is None or until is None:
        return None
    every = parse_integer(interval.get("interval_multiplier")) or 1
    return f"FREQ={kinds[0].upper()}" + (f";INTERVAL={every}" if every > 1 else "") + details + until


def next_occurrences(tasks: Iterable[Json]) -> dict[str, Json]:
    """The first open task of each rule, by the rule's id: the one that stands for the series."""
    first: dict[str, Json] = {}
    for task in tasks:
        rule = as_text(task.get("task_recurrence_id"))
        if rule and task.get("status") != "completed" and task.get("deleted") is not True:
            first[rule] = min(first.get(rule, task), task, key=scheduled_start)
    return first


def scheduled_start(task: Json) -> str:
    """When a task is scheduled, as its file writes it; text in which earlier ones come first."""
    times = task.get("scheduled_time")
    entries = [each for each in times if isinstance(each, Mapping)] if isinstance(times, list) else []
    current = [each for each in entries if each.get("current") is not False]
    return as_text((current or entries)[-1].get("start")) if entries else ""


def _convert_weekdays(kind: str, details: Any) -> str | None:
    """The days of a week; other details than these are none that are known."""
    if not isinstance(details, Mapping):
        return "" if details in (None, True) else None
    if not details:
        return ""
    days = details.get("day_of_week")
    if kind != "weekly" or details.keys() != {"day_of_week"} or not isinstance(days, list):
        return None
    found = [as_text(day)[:2].upper() for day in days]
    return f";BYDAY={','.join(found)}" if found and set(found) <= _DAYS else None


def _convert_end(condition: Any) -> str | None:
    if not condition:
        return ""
    if not isinstance(condition, Mapping) or condition.keys() != {"date_boundary"}:
        return None
    day = as_text(condition["date_boundary"])[:10].replace("-", "")
    return f";UNTIL={day}" if len(day) == 8 and day.isdigit() else None
