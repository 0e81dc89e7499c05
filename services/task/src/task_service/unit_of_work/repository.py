"""Rows of several kinds in one statement, on PostgreSQL: a round trip costs more than what is written."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import JSON, Connection, Select, func, literal, literal_column, select

from servicekit.persistence.deferred_inserts import DeferredInsert, Rows
from servicekit.persistence.json_rows import values_of
from servicekit.web.idempotency import CLAIM

_claim: Any = CLAIM["postgresql"]
_owner = _claim.cte("claimed").c.owner
_lock = select(
    func.pg_advisory_xact_lock(func.hashtextextended(_owner, literal_column("0"))),
    func.set_config(literal_column("'todo.user_id'"), _owner, literal_column("true")),
)
CLAIM_AND_LOCK = {**CLAIM, "postgresql": _lock}
"""Claims an idempotency key, acquires the lock of its user and says whose rows the transaction is about, as
`account.LOCK_USER` does; nothing of it where the key was claimed before."""


class ReturningInsert(DeferredInsert):
    """A part whose statement returns something that is asked for."""


def write(connection: Connection, parts: Mapping[DeferredInsert, Rows]) -> Mapping[str, Rows]:
    """Write these rows, on SQLite in this order; gives what each `ReturningInsert` returns, by name."""
    dialect = connection.dialect.name
    if dialect != "postgresql":
        return {part.name: _write_alone(connection, part, rows) for part, rows in parts.items()}
    values: dict[str, Any] = {}
    for part, rows in parts.items():
        values |= values_of(rows, dialect, part.name)
    return connection.execute(_together(tuple(parts)), values).one()._asdict()


def _write_alone(connection: Connection, part: DeferredInsert, rows: Rows) -> Rows:
    statement = part.statements[connection.dialect.name]
    if not isinstance(part, ReturningInsert):
        connection.execute(statement, rows)
        return ()
    return [returned for row in rows for returned in connection.execute(statement, row).mappings()]  # type: ignore[misc]


@cache
def _together(parts: Sequence[DeferredInsert]) -> Select[Any]:
    """One statement for all of `parts`. Kept, as making one costs more than running it."""
    ctes = {part: cte_of(part) for part in parts}
    results: list[Any] = [
        select(func.json_agg(ctes[part].table_valued(), type_=JSON)).scalar_subquery().label(part.name)
        for part in parts
        if isinstance(part, ReturningInsert)
    ]
    return select(*results or [literal(1)]).add_cte(*ctes.values())


@cache
def cte_of(part: DeferredInsert) -> Any:
    """What `part` writes on PostgreSQL, for other parts to refer to what it returns."""
    return part.statements["postgresql"].cte(part.name)
