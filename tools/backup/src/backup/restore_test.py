"""Tries whether the newest backup of a database can be restored, in a server of its own."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from backup.encryption import read_identity
from backup.errors import BackupError
from backup.manifest import Manifest
from backup.restore import restore_backup
from backup.scratch import scratch_database
from backup.settings import Settings
from backup.store import Store


@dataclass(frozen=True, slots=True)
class RestoreTestResult:
    manifest: Manifest
    age: timedelta


def run_restore_test(settings: Settings, store: Store, *, folder: Path | None = None) -> RestoreTestResult:
    """The newest backup, which is young enough and holds what it should. Raises `BackupError`.

    folder: where the server keeps its files; by default that for temporary ones.
    """
    identity = read_identity(settings.identity_file)
    manifest = store.manifest(settings.database, settings.at)
    age = datetime.now(UTC) - manifest.taken_at
    if not settings.at and age > timedelta(hours=settings.max_age_hours):
        raise BackupError(f"The newest backup of {settings.database} is {age} old: {manifest.name}.")
    with scratch_database(settings.database, folder) as scratch:
        restore_backup(store, manifest, identity, replace=False, database=scratch)
    return RestoreTestResult(manifest, age)
