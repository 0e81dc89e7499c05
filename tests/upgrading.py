"""A database as an earlier version of a service left it."""

from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from contracts.names import App
from migrator import run_revisions
from servicekit.migrations import find_migrations_folder


def upgrade_to(connection: Connection, app: App, revision: str) -> None:
    """Upgrade up to `revision`, within the transaction `connection` may be in.

    Revisions that commit on the way (task has them from 0022 on) need a connection that is in none.
    """
    run_revisions(connection, ScriptDirectory(str(find_migrations_folder(app))), revision)
