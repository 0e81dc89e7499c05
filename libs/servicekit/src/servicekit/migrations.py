"""Alembic for every service: its versions lie in `<service>_service/migrations/`.

`migrate task` brings the database of the task service to the newest version.
"""

import argparse
import asyncio
import importlib
from functools import partial
from pathlib import Path

import sqlalchemy as sa
from alembic import op
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlmodel import SQLModel

from contracts.names import App
from migrator.runner import migrate_online, run_revisions
from servicekit.messaging.leader_election import LOCK
from servicekit.persistence.database import Database, open_database
from servicekit.settings import ServiceSettings

MIGRATION_LOCK = LOCK + 1
"""Key of the advisory lock of whoever migrates."""


def find_migrations_folder(app: App) -> Path:
    """Where the versions of `app` lie."""
    package = importlib.import_module(f"{app}_service")
    assert package.__file__
    return Path(package.__file__).parent / "migrations"


async def migrate(database: Database) -> None:
    """Bring `database` to the newest version; replicas that start together take turns."""
    scripts = ScriptDirectory(str(find_migrations_folder(database.app)))
    async with database.reading() as session:
        current = await (await session.connection()).run_sync(_revision)
    if current == scripts.get_current_head():
        return
    run = partial(run_revisions, scripts=scripts, metadata=SQLModel.metadata)
    if not database.is_sqlite:
        await migrate_online(database.engine, run, key=MIGRATION_LOCK)
        return
    async with database.engine.begin() as connection:
        await connection.run_sync(run)


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def create_servicekit_tables() -> None:
    """The outbox, inbox and idempotency tables as they were first; for initial versions only."""
    op.create_table(
        "outbox",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        sa.Column("topic", sa.String, nullable=False),
        sa.Column("key", sa.String, nullable=False),
        sa.Column("event_id", sa.String, nullable=False),
        sa.Column("payload", sa.String, nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "inbox",
        sa.Column("consumer", sa.String, primary_key=True),
        sa.Column("event_id", sa.String, primary_key=True),
        sa.Column("handled_at", sa.DateTime(timezone=True), nullable=False, index=True),
    )
    op.create_table(
        "idempotency",
        sa.Column("owner", sa.String, primary_key=True),
        sa.Column("key_hash", sa.String, primary_key=True),
        sa.Column("request_hash", sa.String, nullable=False),
        sa.Column("answer", sa.LargeBinary, nullable=False),
        sa.Column("served_at", sa.DateTime(timezone=True), nullable=False, index=True),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("app", type=App, choices=list(App))
    app: App = parser.parse_args().app
    database = open_database(ServiceSettings(app=app))

    async def run() -> None:
        await migrate(database)
        await database.close()

    asyncio.run(run())
