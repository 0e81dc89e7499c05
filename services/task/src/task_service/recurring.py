"""What it means for a task to recur: checked when it is set, carried on when one occurrence is done."""

from collections.abc import Collection, Iterator
from datetime import datetime
from itertools import islice
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from servicekit.auth import Principal
from servicekit.errors import Invalid
from task_service import repository, tree
from task_service.copying import before_due, copy_subtasks, put_open
from task_service.errors import ComesBackByItself
from task_service.first_due import first_due, never
from task_service.models import Task
from task_service.recurrence import Rule, RuleError, Series, parse
from task_service.recurrence.rule import normal
from task_service.recurrence.words import describe
from task_service.schemas import OccurrenceRead

DEFAULTS = {"rule": "", "from": "due", "month_end": "clamp", "missed": "skip"}
CARRIED_ON = (
    *("title", "notes", "priority", "labels", "project_id", "parent_id", "due_time", "time_zone"),
    *("recurrence", "series_id", "position"),
)
"""What an occurrence has from the one before it."""


def merged(stored: dict[str, str] | None, asked: dict[str, str]) -> dict[str, str]:
    """A merge-patch of how a task recurs. Raises `Invalid`, at the place in the rule that is wrong."""
    recurrence = DEFAULTS | (stored or {}) | asked
    _rule(recurrence["rule"])
    return recurrence | {"rule": normal(recurrence["rule"])}


def settle(
    task: Task, user: Principal, changed: Collection[str], now: datetime, *, rule_before: str = ""
) -> None:
    """Make a changed task fit its rule: a first date, and where the rule is counted from.

    rule_before: another rule than this one is counted anew.
    Raises `Invalid` if there is no date any more, or none the rule could lead to.
    """
    if task.recurrence is None or not {"recurrence", "due_date", "due_time", "time_zone"} & set(changed):
        return
    rule = _rule(task.recurrence["rule"])
    if task.due_date is None and "due_date" in changed:
        raise Invalid.field("/due_date", "A task that recurs has a date.", code="recurrence-without-date")
    task.due_date, task.due_time = first_due(task, rule, user, now)
    task.series_id = task.series_id or task.id
    is_new = task.recurrence["rule"] != rule_before
    if is_new:
        task.rule_number = 1
    if is_new or "due_date" in changed or task.rule_from is None:
        task.rule_from = task.due_date
    _check_that_it_returns(_series(task, user, rule))


async def add_next(
    session: AsyncSession, user: Principal, task: Task, now: datetime, reopened_at: datetime
) -> None:
    """Add what follows the completed `task`; its id is that of this occurrence, so it is added once.

    reopened_at: when `task` was last changed. If that took back what follows, and on the same day, this
    undoes it: what follows comes back as it was. What somebody deleted stays deleted.
    """
    series = series_of(task, user)
    following = series.after_completion(now) if series else None
    if following is None:
        return
    id = next_id(task)
    found = await repository.lock(session, user.user_id, id)
    if found and not found.taken_back and found.deleted_at != reopened_at:
        return
    if found and found.deleted_at == reopened_at and _is_same_day(task, user, now, reopened_at):
        await tree.untrash(session, user, repository.is_task(found.id), now, reopened_at)
        return
    values = {name: getattr(task, name) for name in CARRIED_ON} | {
        "reminders": before_due(task),
        "due_date": following.occurrence.due_date,
        "due_time": following.occurrence.due_time,
        "occurrence": task.occurrence + 1,
        "rule_from": following.anchor,
        "rule_number": following.number,
    }
    successor = put_open(session, user.user_id, found, id, values, user.time_zone, now)
    await copy_subtasks(session, user, task, successor, now)


async def take_back(session: AsyncSession, user: Principal, task: Task, now: datetime) -> None:
    """Move what followed `task` away, subtasks included, unless it is done itself.

    It is in the trash, but the trash does not show it: it comes back with the completion of `task`, and
    restored before that it would be a second series. What somebody put below it is shown.
    """
    if task.series_id is None:
        return
    following = await repository.lock(session, user.user_id, next_id(task))
    if following is None or following.deleted_at or following.done:
        return
    await tree.trash(session, user, repository.is_task(following.id), now, is_taken_back=True)


async def check_that_it_is_due(session: AsyncSession, user: Principal, task: Task) -> None:
    """Raise `ComesBackByItself` while the occurrence before `task`, in the trash, is open again."""
    if task.done or task.series_id is None or task.occurrence == 1:
        return
    number = task.occurrence - 1
    id = occurrence_id(task.series_id, number) if number > 1 else task.series_id
    before = await repository.by_id(session, user.user_id, id, trashed=True)
    assert task.deleted_at
    if before and not before.done and before.updated_at >= task.deleted_at:
        detail = f"“{task.title}” comes back by itself when the one before it, which is open again, is done."
        raise ComesBackByItself(detail)


def preview(task: Task, user: Principal, count: int) -> list[OccurrenceRead]:
    """The next `count` occurrences after the due date, each with why it is that one."""
    series = series_of(task, user)
    return list(islice(_explained(series), count)) if series else []


def series_of(task: Task, user: Principal) -> Series | None:
    if task.recurrence is None or task.due_date is None:
        return None
    return _series(task, user, _rule(task.recurrence["rule"]))


def _is_same_day(task: Task, user: Principal, one: datetime, other: datetime) -> bool:
    zone = ZoneInfo(task.time_zone or user.time_zone)
    return one.astimezone(zone).date() == other.astimezone(zone).date()


def next_id(task: Task) -> str:
    """The id of the occurrence after `task`: always the same (UUIDv5 of series and number)."""
    assert task.series_id
    return occurrence_id(task.series_id, task.occurrence + 1)


def occurrence_id(series_id: str, number: int) -> str:
    """The id of the occurrence with that number, from the second one on."""
    return str(uuid5(UUID(series_id), str(number)))


def _series(task: Task, user: Principal, rule: Rule) -> Series:
    assert task.recurrence
    assert task.due_date
    return Series(
        rule,
        anchor=task.rule_from or task.due_date,
        due_date=task.due_date,
        due_time=task.due_time,
        zone=task.time_zone or user.time_zone,
        number=task.rule_number,
        from_=task.recurrence["from"],  # type: ignore[arg-type]  # checked on the way in
        month_end=task.recurrence["month_end"],  # type: ignore[arg-type]
        missed=task.recurrence["missed"],  # type: ignore[arg-type]
    )


def _explained(series: Series) -> Iterator[OccurrenceRead]:
    said = describe(series.rule, series.anchor)
    said += " after completion" if series.from_ == "completion" else ""
    for found in series.occurrences():
        why = "; ".join([said, *found.why])
        yield OccurrenceRead(due_date=found.due_date, due_time=found.due_time, due_at=found.due_at, why=why)


def _rule(text: str) -> Rule:
    try:
        return parse(text)
    except RuleError as error:
        raise Invalid.field(
            "/recurrence/rule", error.message, code="rule-invalid", position=error.position
        ) from error


def _check_that_it_returns(series: Series) -> None:
    if series.never_returns():
        raise never(series.due_date)
    if series.ends_before(series.due_date):
        raise Invalid.field("/recurrence/rule", "UNTIL is before the due date.", code="rule-ends-early")
