"""Runs Alembic's commands for one service: its models against its database.

The section of `alembic.ini` (`-n task`) names the service. The database is the one the service itself would
open, so `TODO_DATABASE_URL` chooses another.
"""

import asyncio
import importlib
from collections.abc import Iterable

from alembic import context
from alembic.operations.ops import MigrationScript
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.schema import SchemaItem
from sqlmodel import SQLModel

from contracts.names import App
from migrator import migrate_online
from servicekit.migrations import MIGRATION_LOCK
from servicekit.settings import ServiceSettings


def number_revision(
    _: MigrationContext, __: str | Iterable[str | None], directives: list[MigrationScript]
) -> None:
    """Names a new revision after the last one: 0021 is followed by 0022."""
    head = ScriptDirectory.from_config(context.config).get_current_head()
    for directive in directives:
        directive.rev_id = f"{int(head or 0) + 1:04d}"


def is_compared(_: SchemaItem, __: str | None, kind: str, reflected: bool, counterpart: object) -> bool:
    """Leaves out indexes and constraints only the database has: migrations write them, models don't."""
    return not (kind in ("index", "unique_constraint") and reflected and counterpart is None)


def run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=SQLModel.metadata,
        render_as_batch=True,  # SQLite can't alter most things of a table; Alembic copies it instead
        include_object=is_compared,
        process_revision_directives=number_revision,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


async def connect(app: App) -> None:
    engine = create_async_engine(ServiceSettings(app=app).own_database_url)
    if engine.dialect.name == "postgresql":
        await migrate_online(engine, run, key=MIGRATION_LOCK)
    else:
        async with engine.begin() as connection:
            await connection.run_sync(run)
    await engine.dispose()


app = App(context.config.get_main_option("app") or "")
importlib.import_module(f"{app}_service.main")  # which brings the models of the service along
asyncio.run(connect(app))
