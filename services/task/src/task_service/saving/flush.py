"""Writes what a transaction has changed: tasks, and everything that is kept beside them.

The session tells what is new and what differs, the use cases what happened. All of it goes to the database
in one statement on PostgreSQL: at a flush, as queries may ask for it, or, with the numbers of the feed and
the answer to the request, right before the commit.

A rollback, also of a savepoint, takes all of it back. Writers of one user have taken a turn, so no two of
them pass a quota together.
"""

from collections.abc import Collection, Mapping
from operator import attrgetter
from typing import Any

from sqlalchemy import event, inspect
from sqlalchemy.orm import Session, make_transient, make_transient_to_detached

from servicekit.persistence.deferred_inserts import (
    DEFERRED,
    DeferredInsert,
    create_deferred_insert,
    defer_rows,
)
from servicekit.web.idempotency import CLAIMING
from task_service import derived
from task_service.models import Task
from task_service.quotas import recorder as quotas
from task_service.quotas.repository import USED
from task_service.saving import repository
from task_service.saving.repository import CLAIM_AND_TURN
from task_service.settings import Settings
from task_service.sync import change_log as changes

COMMITTING = "committing"
"""Key in `session.info`: nothing else is going to be changed, so what is collected waits for `finish`."""

ADOPTED = "adopted"
"""Key in `session.info`: tasks that were written past the session, which could not tell after a rollback."""

_TABLE = Task.metadata.tables["task"]
_COLUMNS = tuple(column.name for column in _TABLE.columns)
_TEXTS = ("title", "notes")
_values = attrgetter(*_COLUMNS)


def _changing(but: Collection[str]) -> DeferredInsert:
    kept = {"id", "user_id", *but}
    return create_deferred_insert(
        "changed_task" if but else "rewritten_task",
        lambda insert: (new := insert(_TABLE)).on_conflict_do_update(
            index_elements=["id"],
            set_={name: new.excluded[name] for name in _COLUMNS if name not in kept},
            where=_TABLE.c.user_id == new.excluded.user_id,
        ),
    )


ADDED = create_deferred_insert("task", lambda insert: insert(_TABLE))
CHANGED, REWRITTEN = _changing(_TEXTS), _changing(())
"""Of long texts PostgreSQL makes a copy, even if they stay the same."""


def session_info(settings: Settings) -> Mapping[str, Any]:
    """What every session of the service has to know."""
    return {quotas.LIMITS: quotas.limits_of(settings), CLAIMING: CLAIM_AND_TURN}


@event.listens_for(Session, "before_flush")
def collect(session: Session, *_: Any) -> None:
    """Put aside what the session is about to write, and what belongs to it. Raises `QuotaExceeded`."""
    changes.collect_changes(session)
    quotas.count(session)
    derived.keep(session)
    tasks = [each for each in (*session.new, *session.dirty) if isinstance(each, Task)]
    for task in tasks:
        if part := _part_of(session, task):
            defer_rows(session, part, dict(zip(_COLUMNS, _values(task), strict=True)))
            _adopt(session, task)
    if COMMITTING not in session.info:
        _save(session, {})


@event.listens_for(Session, "before_commit", insert=True)
def finish(session: Session) -> None:
    """Write the rest. Raises `QuotaExceeded`, `AccountGone`."""
    if session.in_nested_transaction():
        session.flush()
        _save(session, {})
        return
    session.info[COMMITTING] = True
    try:
        session.flush()
    finally:
        del session.info[COMMITTING]
    _save(session, changes.number_changes(session))
    quotas.make_room(session)


@event.listens_for(Session, "after_soft_rollback")
def disown(session: Session, _: Any) -> None:
    """Forget tasks whose values may be those of before: whoever needs one reads it again."""
    for task in session.info.pop(ADOPTED, ()):
        if task in session:
            session.expunge(task)


def _part_of(session: Session, task: Task) -> DeferredInsert | None:
    if task in session.new:
        return ADDED
    if not session.is_modified(task):
        return None
    attributes = inspect(task).attrs
    return REWRITTEN if any(attributes[name].history.has_changes() for name in _TEXTS) else CHANGED


def _adopt(session: Session, task: Task) -> None:
    """Have the session take a task for one that it has just read."""
    make_transient(task)
    make_transient_to_detached(task)
    session.add(task)
    session.info.setdefault(ADOPTED, []).append(task)


def _save(session: Session, numbered: changes.Parts) -> None:
    parts = session.info.pop(DEFERRED, {})
    used = quotas.used_by(parts)
    parts = {part: rows for part, rows in {**parts, USED: used, **numbered}.items() if rows}
    if parts:
        told = repository.write(session.connection(), parts)
        quotas.check(session, used, told)
        changes.require_numbers(numbered, told)
