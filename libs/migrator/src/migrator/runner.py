"""Runs revisions on PostgreSQL without making writers wait for long.

`ALTER TABLE` waits for every transaction that uses the table, and whoever comes later waits behind it. So it
waits `lock_timeout` at most; then everybody else goes on for a while, and the revision is tried again.
"""

import asyncio
import logging
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

RETRIED_SQLSTATES = ("55P03", "40P01")
"""`lock_not_available` and `deadlock_detected` (appendix A of PostgreSQL's manual)."""
TURN_SECONDS = 0.5
_HOLDERS = text(
    """SELECT pid, coalesce(state, '') AS state, extract(epoch FROM now() - xact_start)::int AS seconds
    FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
    AND now() - xact_start > make_interval(secs => :seconds) ORDER BY xact_start LIMIT 3"""
)

log = logging.getLogger(__name__)


class TablesLocked(RuntimeError):
    """A revision never got its locks; what it did was undone, and the revisions before it stay."""


@dataclass(frozen=True, slots=True)
class LockPolicy:
    """How long a revision may make others wait, and how often it is tried. In seconds.

    pause: before the second attempt; it doubles up to `longest_pause`, and half of it is random.
    """

    lock_timeout: float = 2
    attempts: int = 15
    pause: float = 0.5
    longest_pause: float = 10

    def pause_after(self, attempt: int) -> float:
        """attempt: from 1."""
        full = min(self.pause * 2.0 ** (attempt - 1), self.longest_pause)
        return full * random.uniform(0.5, 1)  # noqa: S311


async def migrate_online(
    engine: AsyncEngine, run: Callable[[Connection], None], *, key: int, policy: LockPolicy | None = None
) -> None:
    """Call `run` until it has got all locks, on a connection of PostgreSQL's that alone may migrate.

    run: `run_revisions`, or what continues with the revision that failed when it is called again.
    key: of the advisory lock that keeps others who migrate away. The session holds it, not a transaction, so
    it outlives the ends of transactions, and the connection that migrates can't lose it and live.
    Raises `TablesLocked`.
    """
    policy = policy or LockPolicy()
    async with engine.connect() as connection:
        try:
            await _acquire_lock(connection, key)
            async with connection.begin():
                await connection.execute(text(f"SET lock_timeout = {round(policy.lock_timeout * 1000)}"))
                await connection.execute(text("SET statement_timeout = 0"))
            await _run_with_retries(connection, run, policy)
        finally:
            await connection.invalidate()  # ends the session, and with it lock and settings


async def _acquire_lock(connection: AsyncConnection, key: int) -> None:
    """Asks again and again: a session that waits in a statement would hold up `CREATE INDEX CONCURRENTLY`."""
    while True:
        async with connection.begin():
            if await connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": key}):
                return
        await asyncio.sleep(TURN_SECONDS)


async def _run_with_retries(
    connection: AsyncConnection, run: Callable[[Connection], None], policy: LockPolicy
) -> None:
    revision, attempt = "", 0
    while True:
        try:
            await connection.run_sync(run)
            return
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) not in RETRIED_SQLSTATES:
                raise
            if begun := connection.get_transaction():
                await begun.close()
            async with connection.begin():
                reached = await connection.run_sync(_read_revision)
                holders = (await connection.execute(_HOLDERS, {"seconds": policy.lock_timeout})).all()
            attempt = attempt + 1 if reached == revision else 1
            revision = reached
            known = "; ".join(f"pid {pid}, {state}, for {seconds} s" for pid, state, seconds in holders)
            log.warning("a migration got no lock, attempt %d of %d: %s", attempt, policy.attempts, known)
            if attempt >= policy.attempts:
                raise TablesLocked(
                    f"The revision after {revision or 'none'} got no lock in {attempt} attempts of "
                    f"{policy.lock_timeout:g} s, and was undone. End the transactions that hold its tables "
                    f"and migrate again. Open for long: {known or 'none that this role sees'}."
                ) from error
        await asyncio.sleep(policy.pause_after(attempt))


def _read_revision(connection: Connection) -> str:
    return MigrationContext.configure(connection).get_current_revision() or ""


def run_revisions(
    connection: Connection, scripts: ScriptDirectory, to: str = "head", metadata: MetaData | None = None
) -> None:
    """Upgrade to the revision `to`, each revision in a transaction of its own.

    If `connection` is in a transaction already, all are in that one, and none may commit in between.
    """

    def steps(revision: Any, _: Any) -> list[Any]:
        return scripts._upgrade_revs(to, revision)

    with EnvironmentContext(Config(), scripts, fn=steps, destination_rev=to) as environment:
        environment.configure(
            connection=connection,
            target_metadata=metadata,
            render_as_batch=True,
            transaction_per_migration=True,
        )
        with environment.begin_transaction():
            environment.run_migrations()
