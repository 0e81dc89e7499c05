"""Rows that are put aside while a transaction works, and written right before its commit.

Or before that of a savepoint. A service may write them sooner, and many kinds in one statement.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from sqlalchemy import Executable, event
from sqlalchemy.dialects import sqlite
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from servicekit.persistence.json_rows import insert_json_rows, rows_of, values_of

DEFERRED = "aside"
"""Key in `session.info`: part → its rows."""
Rows = Sequence[Mapping[str, Any]]


class DeferredInsert:
    """Rows of one kind, and what writes them.

    postgresql: takes them from the JSON parameter `name`. sqlite: takes one row.
    """

    def __init__(self, name: str, *, postgresql: Any, sqlite: Executable) -> None:
        self.name = name
        self.statements: Mapping[str, Any] = {"postgresql": postgresql, "sqlite": sqlite}


def create_deferred_insert(name: str, make: Callable[[Any], Any]) -> DeferredInsert:
    """A part of an insert. `make` is given what makes one of a table.

    To change rows by it (`ON CONFLICT`) is safer than an update that joins the JSON: PostgreSQL reckons with
    a hundred rows there, and would rather read all of a table that has some thousands.
    """
    many = partial(insert_json_rows, rows=rows_of(name))
    return DeferredInsert(name, postgresql=make(many), sqlite=make(sqlite.insert))


def defer_rows(session: Session | AsyncSession, part: DeferredInsert, *rows: Mapping[str, Any]) -> None:
    session.info.setdefault(DEFERRED, {}).setdefault(part, []).extend(rows)


@event.listens_for(Session, "before_commit")
def flush_deferred_rows(session: Session) -> None:
    for part, rows in session.info.pop(DEFERRED, {}).items():
        connection = session.connection()
        dialect = connection.dialect.name
        connection.execute(part.statements[dialect], values_of(rows, dialect, part.name))


@event.listens_for(Session, "after_soft_rollback")
def discard_deferred_rows(session: Session, _: Any) -> None:
    session.info.pop(DEFERRED, None)
