"""Rows that are put aside while a transaction works, and written right before its commit.

Or before a savepoint is set, so that its rollback takes back what came after it and nothing else, and before
it is released. A service may write them sooner, and many kinds in one statement.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from sqlalchemy import CursorResult, Executable, event
from sqlalchemy.dialects import sqlite
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session, SessionTransaction

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


class BufferedSession(Session):
    """The session of every transaction: has a buffer of rows beside its objects.

    A service that writes the buffer in its own way overrides `write_buffer`.
    """

    def begin_nested(self) -> SessionTransaction:
        """Set a savepoint. What was changed before is written first, on its outside."""
        self.flush()
        self.write_buffer()
        return super().begin_nested()

    def write_buffer(self) -> None:
        for part, rows in self.info.pop(DEFERRED, {}).items():
            connection = self.connection()
            dialect = connection.dialect.name
            connection.execute(part.statements[dialect], values_of(rows, dialect, part.name))


def create_deferred_insert(name: str, make: Callable[[Any], Any]) -> DeferredInsert:
    """A part of an insert. `make` is given what makes one of a table.

    To change rows by it (`ON CONFLICT`) is safer than an update that joins the JSON: PostgreSQL reckons with
    a hundred rows there, and would rather read all of a table that has some thousands.
    """
    many = partial(insert_json_rows, rows=rows_of(name))
    return DeferredInsert(name, postgresql=make(many), sqlite=make(sqlite.insert))


def defer_rows(session: Session | AsyncSession, part: DeferredInsert, *rows: Mapping[str, Any]) -> None:
    session.info.setdefault(DEFERRED, {}).setdefault(part, []).extend(rows)


async def write_rows(session: AsyncSession, part: DeferredInsert, rows: Rows) -> CursorResult[Any]:
    """Write rows at once, past the ORM; each has every column."""
    connection = await session.connection()
    dialect = connection.dialect.name
    statement: Executable = part.statements[dialect]
    return await connection.execute(statement, values_of(rows, dialect, part.name))


@event.listens_for(BufferedSession, "before_commit")
def _write_rest(session: BufferedSession) -> None:
    """Also called when a savepoint is released."""
    session.write_buffer()


@event.listens_for(BufferedSession, "after_soft_rollback")
def _drop(session: BufferedSession, _: Any) -> None:
    session.info.pop(DEFERRED, None)
