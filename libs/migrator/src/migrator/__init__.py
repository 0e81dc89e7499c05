"""Online migrations: Alembic's revisions on a PostgreSQL that others use meanwhile (decision 43)."""

from migrator.operations import create_index_concurrently, execute_separately
from migrator.runner import LockPolicy, TablesLocked, migrate_online, run_revisions

__all__ = [
    "LockPolicy",
    "TablesLocked",
    "create_index_concurrently",
    "execute_separately",
    "migrate_online",
    "run_revisions",
]
