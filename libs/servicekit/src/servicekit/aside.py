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

from servicekit.json_rows import insert_json_rows, rows_of, values_of

ASIDE = "aside"
"""Key in `session.info`: part → its rows."""
Rows = Sequence[Mapping[str, Any]]


class Part:
    """Rows of one kind, and what writes them.

    postgresql: takes them from the JSON parameter `name`. sqlite: takes one row.
    """

    def __init__(self, name: str, *, postgresql: Any, sqlite: Executable) -> None:
        self.name = name
        self.statements: Mapping[str, Any] = {"postgresql": postgresql, "sqlite": sqlite}


def inserting(name: str, make: Callable[[Any], Any]) -> Part:
    """A part of an insert. `make` is given what makes one of a table.

    To change rows by it (`ON CONFLICT`) is safer than an update that joins the JSON: PostgreSQL reckons with
    a hundred rows there, and would rather read all of a table that has some thousands.
    """
    many = partial(insert_json_rows, rows=rows_of(name))
    return Part(name, postgresql=make(many), sqlite=make(sqlite.insert))


def put_aside(session: Session | AsyncSession, part: Part, *rows: Mapping[str, Any]) -> None:
    session.info.setdefault(ASIDE, {}).setdefault(part, []).extend(rows)


@event.listens_for(Session, "before_commit")
def write_rest(session: Session) -> None:
    for part, rows in session.info.pop(ASIDE, {}).items():
        connection = session.connection()
        dialect = connection.dialect.name
        connection.execute(part.statements[dialect], values_of(rows, dialect, part.name))


@event.listens_for(Session, "after_soft_rollback")
def drop(session: Session, _: Any) -> None:
    session.info.pop(ASIDE, None)
