"""Validates and applies the recurrence settings of a task. No database.

It serves rows and tasks still to be stored, also in the process that reads files, which loads no ORM.
"""

from collections.abc import Collection
from datetime import date, datetime
from typing import Protocol
from uuid import UUID, uuid5

from servicekit.errors import Invalid
from task_service.recurrence import Rule, RuleError, Series, parse_rule
from task_service.recurrence.rule import normalize_rule
from task_service.tasks.due import Dated
from task_service.tasks.first_occurrence import find_first_due, make_never_error

DEFAULTS = {"rule": "", "from": "due", "month_end": "clamp", "missed": "skip"}


class Recurring(Dated, Protocol):
    """What of a task says whether and how it recurs."""

    id: str
    recurrence: dict[str, str] | None
    series_id: str | None
    rule_from: date | None
    rule_number: int


def merge_recurrence(stored: dict[str, str] | None, patch: dict[str, str]) -> dict[str, str]:
    """A merge-patch of how a task recurs. Raises `Invalid`, at the place in the rule that is wrong."""
    recurrence = DEFAULTS | (stored or {}) | patch
    _parse_rule(recurrence["rule"])
    return recurrence | {"rule": normalize_rule(recurrence["rule"])}


def apply_recurrence(
    task: Recurring, user_zone: str, changed: Collection[str], now: datetime, *, rule_before: str = ""
) -> None:
    """Make a changed task of a user in `user_zone` fit its rule: a first date, and where it is counted from.

    rule_before: another rule than this one is counted anew.
    Raises `Invalid` if there is no date any more, or none the rule could lead to.
    """
    if task.recurrence is None or not {"recurrence", "due_date", "due_time", "time_zone"} & set(changed):
        return
    rule = _parse_rule(task.recurrence["rule"])
    if task.due_date is None and "due_date" in changed:
        raise Invalid.field("/due_date", "A recurring task needs a due date.", code="recurrence-without-date")
    clamps = task.recurrence["month_end"] == "clamp"
    task.due_date, task.due_time = find_first_due(task, rule, clamps, user_zone, now)
    task.series_id = task.series_id or task.id
    is_new = task.recurrence["rule"] != rule_before
    if is_new:
        task.rule_number = 1
    if is_new or "due_date" in changed or task.rule_from is None:
        task.rule_from = task.due_date
    _check_has_next(_make_series(task, user_zone, rule))


def build_series(task: Recurring, user_zone: str) -> Series | None:
    if task.recurrence is None or task.due_date is None:
        return None
    return _make_series(task, user_zone, _parse_rule(task.recurrence["rule"]))


def derive_occurrence_id(series_id: str, number: int) -> str:
    """The id of the occurrence with that number, from the second one on: always the same (UUIDv5)."""
    return str(uuid5(UUID(series_id), str(number)))


def _make_series(task: Recurring, user_zone: str, rule: Rule) -> Series:
    assert task.recurrence
    assert task.due_date
    return Series(
        rule,
        anchor=task.rule_from or task.due_date,
        due_date=task.due_date,
        due_time=task.due_time,
        zone=task.time_zone or user_zone,
        number=task.rule_number,
        from_=task.recurrence["from"],  # type: ignore[arg-type]  # checked on the way in
        month_end=task.recurrence["month_end"],  # type: ignore[arg-type]
        missed=task.recurrence["missed"],  # type: ignore[arg-type]
    )


def _parse_rule(text: str) -> Rule:
    try:
        return parse_rule(text)
    except RuleError as error:
        raise Invalid.field(
            "/recurrence/rule", error.message, code="rule-invalid", position=error.position
        ) from error


def _check_has_next(series: Series) -> None:
    if series.never_returns():
        raise make_never_error(series.due_date)
    if series.ends_before(series.due_date):
        raise Invalid.field("/recurrence/rule", "UNTIL is before the due date.", code="rule-ends-early")
