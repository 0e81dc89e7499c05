"""Statements of reads that are made all the time: compiled once, and run past SQLAlchemy on PostgreSQL.

A session or a connection of SQLAlchemy costs several times what the database's own driver costs for one row
by its key; only its pool is used here.
"""

import logging
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from sqlalchemy import Select, select
from sqlalchemy.dialects.postgresql import asyncpg

from servicekit.persistence.database import Database, DatabaseUnavailable

log = logging.getLogger(__name__)


class Row(Protocol):
    """A row by the names of its columns, of a driver or of SQLAlchemy."""

    def __getitem__(self, name: str, /) -> Any: ...


class PreparedQuery:
    """A `select` with a `bindparam` for each value; rows have the types of the driver."""

    def __init__(self, statement: Select[Any]) -> None:
        compiled = statement.compile(dialect=asyncpg.dialect())  # type: ignore[no-untyped-call]
        self._statement = statement
        self._sql = str(compiled)
        self._names = tuple(compiled.positiontup or ())

    async def rows(self, database: Database, values: Mapping[str, Any]) -> Sequence[Row]:
        """What is found, in no transaction. Raises what SQLAlchemy raises."""
        if not database.is_sqlite:
            found = await self._from_driver(database, [values[name] for name in self._names])
            if found is not None:
                return found
        async with database.connected() as connection:
            result = await connection.execute(self._statement, values)
        return list(result.mappings())

    async def _from_driver(self, database: Database, values: Sequence[Any]) -> Sequence[Row] | None:
        """None if the connection fails: SQLAlchemy will say what it is, and what it means for its pool."""
        try:
            async with database.driver() as connection:
                found: Sequence[Row] = await connection.fetch(self._sql, *values)
        except DatabaseUnavailable:
            raise
        except Exception as error:
            log.debug("a prepared read failed: %s", type(error).__name__)
            return None
        return found


class ExistsQuery:
    """Whether a `select` finds anything: for what is looked after all the time and mostly is not there."""

    def __init__(self, statement: Select[Any]) -> None:
        self._found = PreparedQuery(select(statement.exists().label("found")))

    async def finds(self, database: Database, **values: Any) -> bool:
        """Raises what SQLAlchemy raises."""
        (row,) = await self._found.rows(database, values)
        return bool(row["found"])
