"""A database as an earlier version of a service left it."""

from typing import Any

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from contracts.names import App
from servicekit.migrations import find_migrations_folder


def upgrade_to(connection: Connection, app: App, revision: str) -> None:
    scripts = ScriptDirectory(str(find_migrations_folder(app)))

    def steps(current: Any, _: Any) -> list[Any]:
        return scripts._upgrade_revs(revision, current)

    with EnvironmentContext(Config(), scripts, fn=steps, destination_rev=revision) as environment:
        environment.configure(connection=connection, render_as_batch=True)
        environment.run_migrations()
