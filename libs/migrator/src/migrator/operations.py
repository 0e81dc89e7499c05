"""Operations for `upgrade` of revisions that must not lock several tables at once, or one for long."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from alembic import op
from sqlalchemy import TextClause, text

CONCURRENT_LOCK_TIMEOUT = "10min"
"""For indexes made beside writers: nobody waits behind them, and they wait for all earlier transactions."""
_IS_VALID = text("SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(:name)")


def execute_separately(statements: Iterable[str]) -> None:
    """Run each statement in a transaction of its own, on PostgreSQL.

    After a crash or a lock that wasn't to be had the revision begins anew, so a statement has to find nothing
    to do, and lock nothing, where it was run before: `IF NOT EXISTS`, or a `DO` block that looks first.
    """
    with op.get_context().autocommit_block():
        for statement in statements:
            op.execute(text(statement.replace(":", r"\:")))


def create_index_concurrently(
    name: str,
    table: str,
    columns: Sequence[str | TextClause],
    *,
    unique: bool = False,
    where: TextClause | None = None,
    using: str | None = None,
) -> None:
    """An index of a table that may be large: writers go on while PostgreSQL makes it. SQLite just makes it.

    If it is there already it stays, unless an attempt before this one left it invalid; then it is made again.
    """
    context = op.get_context()
    if context.dialect.name != "postgresql":
        op.create_index(name, table, columns, unique=unique, sqlite_where=where)
        return
    with context.autocommit_block():
        if not context.as_sql and op.get_bind().scalar(_IS_VALID, {"name": name}):
            return
        with _lock_timeout(CONCURRENT_LOCK_TIMEOUT):
            op.execute(text(f'DROP INDEX CONCURRENTLY IF EXISTS "{name}"'))
            op.create_index(
                name,
                table,
                columns,
                unique=unique,
                postgresql_concurrently=True,
                postgresql_where=where,
                postgresql_using=using,
            )


@contextmanager
def _lock_timeout(value: str) -> Iterator[None]:
    """Another `lock_timeout` of the session while the block runs; in a transaction it would end with that."""
    if op.get_context().as_sql:
        yield
        return
    before = op.get_bind().scalar(text("SELECT current_setting('lock_timeout')"))
    op.execute(text(f"SET lock_timeout = '{value}'"))
    try:
        yield
    finally:
        op.execute(text(f"SET lock_timeout = '{before}'"))
