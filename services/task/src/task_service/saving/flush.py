"""Writes what a transaction has changed: tasks, and everything that is kept beside them.

The session tells what is new and what differs, the use cases what happened. All of it goes to the database
in one statement on PostgreSQL: at a flush, as queries may ask for it, or, with the numbers of the feed and
the answer to the request, right before the commit.

A rollback, also of a savepoint, takes all of it back. Writers of one user have taken a turn, so no two of
them pass a quota together.
"""

from collections.abc import Mapping
from operator import attrgetter
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session, make_transient_to_detached

from servicekit.aside import ASIDE, inserting, put_aside
from servicekit.idempotency import CLAIMING
from task_service import derived
from task_service.changes import recorder as changes
from task_service.models import Task
from task_service.quotas import recorder as quotas
from task_service.quotas.repository import USED
from task_service.saving import repository
from task_service.saving.repository import CLAIM_AND_TURN
from task_service.settings import Settings

COMMITTING = "committing"
"""Key in `session.info`: nothing else is going to be changed, so what is collected waits for `finish`."""

_TABLE = Task.metadata.tables["task"]
_COLUMNS = tuple(column.name for column in _TABLE.columns)
TASKS = inserting("task", lambda insert: insert(_TABLE))
_values = attrgetter(*_COLUMNS)


def session_info(settings: Settings) -> Mapping[str, Any]:
    """What every session of the service has to know."""
    return {quotas.LIMITS: quotas.limits_of(settings), CLAIMING: CLAIM_AND_TURN}


@event.listens_for(Session, "before_flush")
def collect(session: Session, *_: Any) -> None:
    """Put aside what the session is about to write, and what belongs to it. Raises `QuotaExceeded`."""
    changes.notice(session)
    quotas.count(session)
    derived.keep(session)
    for task in [each for each in session.new if isinstance(each, Task)]:
        put_aside(session, TASKS, dict(zip(_COLUMNS, _values(task), strict=True)))
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
    session.flush()
    _save(session, changes.numbered(session))
    quotas.make_room(session)


def _adopt(session: Session, task: Task) -> None:
    """Have the session take a new task for one that it has read."""
    session.expunge(task)
    make_transient_to_detached(task)
    session.add(task)


def _save(session: Session, numbered: changes.Parts) -> None:
    parts = session.info.pop(ASIDE, {})
    used = quotas.used_by(parts)
    parts = {part: rows for part, rows in {**parts, USED: used, **numbered}.items() if rows}
    if parts:
        told = repository.write(session.connection(), parts)
        quotas.check(session, used, told)
        changes.check(numbered, told)
