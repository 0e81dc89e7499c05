"""The session of a unit of work: writes what has changed, and everything that is kept beside it.

The session knows what is new, changed and removed; the aggregates have recorded what happened. A flush makes
rows of both: tasks, outbox, activity, search index, usage, change log. All of it goes to the database in
one statement on PostgreSQL: at a flush, as queries may ask for it, or, with the numbers of the change log and
the response to the request, right before the commit.

A rollback, also of a savepoint, takes all of it back. Writers of one user hold their advisory lock, so no two
of them pass a quota together.
"""

from collections.abc import Collection
from operator import attrgetter
from typing import Any

from sqlalchemy import event, inspect
from sqlalchemy.orm import SessionTransaction, make_transient, make_transient_to_detached

from servicekit.persistence.database import Database
from servicekit.persistence.deferred_inserts import (
    DEFERRED,
    BufferedSession,
    DeferredInsert,
    create_deferred_insert,
    defer_rows,
)
from servicekit.web.idempotency import CLAIMING
from task_service.aggregate import Aggregate
from task_service.models import Task
from task_service.quotas import recorder as quotas
from task_service.quotas.repository import USED
from task_service.search_index import recorder as search_index
from task_service.settings import Settings
from task_service.sync import change_log as changes
from task_service.unit_of_work import repository
from task_service.unit_of_work.repository import CLAIM_AND_LOCK
from task_service.unit_of_work.written import Written, collect_events

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


class UnitOfWorkSession(BufferedSession):
    """A session that writes what its aggregates have recorded, with all that follows from it."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._is_committing = False
        self._adopted: list[Task] = []
        self._changes_before: dict[SessionTransaction, changes.Pending] = {}

    def begin_nested(self) -> SessionTransaction:
        savepoint = super().begin_nested()
        self._changes_before[savepoint] = changes.pending(self)
        return savepoint

    def collect(self) -> None:
        """Make rows of what the flush is about to write, and of what happened."""
        written = Written.by(self)
        collect_events(self, written)
        changes.collect_changes(self, written)
        quotas.count(self, written)
        search_index.update_index(self, written)
        for task in written.new_tasks:
            self._defer_row(ADDED, task)
        for task in written.changed_tasks:
            self._defer_row(REWRITTEN if _has_other_texts(task) else CHANGED, task)

    def write_buffer(self) -> None:
        """Raises `QuotaExceeded`."""
        if not self._is_committing:
            self._write({})

    def write_last(self) -> None:
        """Write the rest before the commit. Raises `QuotaExceeded`, `AccountGone`."""
        self._is_committing = True
        try:
            self.flush()
        finally:
            self._is_committing = False
        self._write(changes.number_changes(self))
        quotas.make_room(self)

    def release(self, savepoint: SessionTransaction) -> None:
        """Write before a savepoint becomes part of what is around it."""
        self.flush()
        self.write_buffer()
        del self._changes_before[savepoint]

    def roll_back(self, transaction: SessionTransaction) -> None:
        """Forget what belonged to `transaction`: changes, events, and tasks whose values may be those of
        before. Whoever needs one reads it again, as the session can't tell that it was written."""
        if transaction in self._changes_before:
            changes.restore(self, self._changes_before.pop(transaction))
        for task in self._adopted:
            if task in self:
                self.expunge(task)
        self._adopted = []
        for each in self:
            if isinstance(each, Aggregate):
                each.discard_events()

    def _defer_row(self, part: DeferredInsert, task: Task) -> None:
        defer_rows(self, part, dict(zip(_COLUMNS, _values(task), strict=True)))
        self._adopt(task)

    def _adopt(self, task: Task) -> None:
        """Take a task for one that was just read: it is written past the session."""
        make_transient(task)
        make_transient_to_detached(task)
        self.add(task)
        self._adopted.append(task)

    def _write(self, numbered: changes.Parts) -> None:
        parts = self.info.pop(DEFERRED, {})
        used = quotas.used_by(parts)
        parts = {part: rows for part, rows in {**parts, USED: used, **numbered}.items() if rows}
        if parts:
            returned = repository.write(self.connection(), parts)
            quotas.check(self, used, returned)
            changes.require_numbers(numbered, returned)


def use_units_of_work(database: Database, settings: Settings) -> None:
    """Have every transaction of `database` be a unit of work."""
    database.session_class = UnitOfWorkSession
    database.session_info |= {quotas.LIMITS: quotas.limits_of(settings), CLAIMING: CLAIM_AND_LOCK}


@event.listens_for(UnitOfWorkSession, "before_flush")
def _before_flush(session: UnitOfWorkSession, *_: Any) -> None:
    session.collect()
    session.write_buffer()


@event.listens_for(UnitOfWorkSession, "before_commit", insert=True)
def _before_commit(session: UnitOfWorkSession) -> None:
    savepoint = session.get_nested_transaction()
    if savepoint:
        session.release(savepoint)
    else:
        session.write_last()


@event.listens_for(UnitOfWorkSession, "after_soft_rollback")
def _after_rollback(session: UnitOfWorkSession, transaction: SessionTransaction) -> None:
    session.roll_back(transaction)


def _has_other_texts(task: Task) -> bool:
    """Whether title or notes differ from what is stored."""
    attributes = inspect(task).attrs
    return any(attributes[name].history.has_changes() for name in _TEXTS)
