"""`backup take|restore-test|restore|replay-events|list|key`, of the database libpq's variables name."""

import argparse
import asyncio
import sys
import time
from datetime import datetime
from pathlib import Path

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from backup.connection import wait_until_reachable
from backup.consumer_offsets import rewind_consumer_group
from backup.encryption import generate_key, read_identity
from backup.errors import BackupError
from backup.manifest import Manifest
from backup.restore import restore_backup
from backup.restore_test import run_restore_test
from backup.settings import KafkaSettings, Settings, StoreSettings
from backup.store import Store
from backup.take import take_backup


def main() -> None:
    arguments = build_parser().parse_args()
    try:
        _run(arguments)
    except BackupError as error:
        sys.exit(f"FAILED: {error}")
    except ValidationError as error:
        sys.exit(
            "FAILED: " + "; ".join(f"{_variable(error, each)}: {each['msg']}" for each in error.errors())
        )


def _variable(error: ValidationError, each: ErrorDetails) -> str:
    """Name of the environment's variable that is wrong or missing."""
    prefixes = {
        kind.__name__: kind.model_config["env_prefix"] for kind in (Settings, StoreSettings, KafkaSettings)
    }
    return f"{prefixes[error.title]}{str(each['loc'][0]).upper()}"


def build_parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="backup", description=__doc__)
    verbs = made.add_subparsers(dest="verb", required=True)
    verbs.add_parser("take", help="keep the database as it is now")
    tested = verbs.add_parser(
        "restore-test", help="restore the newest backup into a server of its own, and compare"
    )
    tested.add_argument("--folder", type=Path, help="with room for the database")
    back = verbs.add_parser("restore", help="restore a backup into the database, by default the newest")
    back.add_argument("--at", default="", help="name of the backup; or BACKUP_AT")
    back.add_argument("--replace", action="store_true", help="delete what is in the database")
    verbs.add_parser("replay-events", help="set the consumer group of the service back to BACKUP_SINCE")
    verbs.add_parser("list", help="print the backups there are")
    key = verbs.add_parser("key", help="make a key; prints the public part")
    key.add_argument("file", type=Path, help="where the secret part goes; keep a copy outside of the cluster")
    return made


def _run(arguments: argparse.Namespace) -> None:
    if arguments.verb == "key":
        print(generate_key(arguments.file))
        return
    settings = Settings()
    if not settings.database:
        raise BackupError("PGDATABASE is not set.")
    if arguments.verb == "replay-events":
        if settings.since is None:
            raise BackupError("BACKUP_SINCE is not set.")
        _rewind_events(settings, settings.since)
        return
    store = Store.of(StoreSettings())
    began = time.monotonic()
    match arguments.verb:
        case "take":
            _report(asyncio.run(take_backup(settings, store)), "kept", began)
        case "restore-test":
            result = run_restore_test(settings, store, folder=arguments.folder)
            _report(
                result.manifest, f"can be restored, {result.age.total_seconds() / 3600:.1f} hours old", began
            )
        case "restore":
            manifest = store.manifest(settings.database, arguments.at or settings.at)
            asyncio.run(wait_until_reachable(settings))
            if settings.events == "again":
                _rewind_events(settings, manifest.taken_at)
            identity = read_identity(settings.identity_file)
            wait = settings.lock_seconds
            restore_backup(store, manifest, identity, replace=arguments.replace, lock_seconds=wait)
            _report(manifest, "restored", began)
        case "list":
            for name in store.names(settings.database):
                _report(store.manifest(settings.database, name))


def _rewind_events(settings: Settings, since: datetime) -> None:
    """First of all: told too early, nothing happens; never told, it is lost."""
    kafka = KafkaSettings()
    if kafka.brokers:
        telling = rewind_consumer_group(
            kafka, settings.database, since, wait_seconds=settings.connect_seconds
        )
        print(f"{settings.database} will hear {asyncio.run(telling)} events again")


def _report(manifest: Manifest, what: str = "", began: float = 0) -> None:
    done = f" {what} in {time.monotonic() - began:.1f} s" if what else ""
    size = f"{manifest.size / 1e6:.1f} MB, {len(manifest.tables)} tables, {manifest.rows} rows"
    print(f"{manifest.database} {manifest.name}{done}: {size}, schema {manifest.revision}")


if __name__ == "__main__":
    main()
