"""The verbs of `delivery` that back up what an environment's databases hold, and bring it back."""

import argparse
from collections.abc import Callable

from contracts.names import App
from delivery import backups
from delivery.access import open_access
from delivery.environments import Environment
from delivery.restore_drill import run_restore_drill

VERBS = {
    "backup": "back databases up now",
    "backups": "print the backups there are",
    "restore-test": "restore the newest backups into a server of their own, and compare",
    "restore": "put a backup in place of what a database holds",
    "replay-events": "set the consumer groups back to a moment that PostgreSQL was recovered to",
    "restore-drill": "recover PostgreSQL from its archive, beside the one that runs, and compare",
}
MOMENT = "e.g. 2026-01-31T09:30:00Z"


def add_arguments(verb: str, made: argparse.ArgumentParser) -> None:
    """Those of one of `VERBS`; none of any other."""
    if verb == "restore-drill":
        made.add_argument("--at", default="", help=f"{MOMENT}; by default this moment")
    elif verb in VERBS:
        databases = [app.value for app in backups.DATABASES]
        made.add_argument("--database", choices=databases, required=verb == "restore", help="by default all")
    if verb == "restore":
        made.add_argument("--at", default="", help="name of the backup; by default the newest")
        made.add_argument("--events", choices=["again", "leave"], default="", help="those since the backup")
    if verb == "replay-events":
        made.add_argument("--since", required=True, help=MOMENT)


def run(where: Environment, arguments: argparse.Namespace, report: Callable[[str], None]) -> int:
    """Exit status. Raises `CommandError`."""
    with open_access(where.namespace) as cluster:
        if arguments.verb == "restore-drill":
            result = run_restore_drill(cluster, where, arguments.at)
            for line in result.lines:
                report(line)
            return 0 if result.met else 1
        databases = [App(arguments.database)] if arguments.database else backups.DATABASES
        match arguments.verb:
            case "backup":
                output = backups.create_backups(cluster, databases)
            case "backups":
                output = backups.list_backups(cluster, databases)
            case "restore-test":
                output = backups.run_restore_tests(cluster, databases)
            case "replay-events":
                output = backups.replay_events(cluster, databases, arguments.since)
            case _:
                output = backups.restore_backup(cluster, databases[0], arguments.at, arguments.events)
    print("\n".join(output))
    return 0
