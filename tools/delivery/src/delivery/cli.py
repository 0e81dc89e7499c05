"""`delivery changes|suite`, and of an environment: `deploy|release|smoke|rollback|history`,
`backup|backups|restore-test|restore`.
"""

import argparse
import json
import os
import re
import sys
from pathlib import Path

from contracts.names import IMAGES, App
from delivery import backups, changes, releases, smoke
from delivery.access import open_access
from delivery.bootstrap import Bootstrap
from delivery.certificate import create_ssl_context
from delivery.environments import Environment, Values, list_environments, load_environment
from delivery.signatures import verify_signatures
from delivery.terraform import VALUES
from devstack.errors import CommandError

BACKUPS = ("backup", "backups", "restore-test", "restore")


def main() -> None:
    try:
        sys.exit(_run(build_parser().parse_args()))
    except CommandError as error:
        sys.exit(f"\n{error}")
    except KeyboardInterrupt:
        sys.exit("\nStopped.")


def build_parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="delivery", description=__doc__)
    verbs = made.add_subparsers(dest="verb", required=True)
    changed = verbs.add_parser("changes", help="print the suites a change needs, as JSON")
    changed.add_argument("before")
    changed.add_argument("after")
    suite = verbs.add_parser("suite", help="print what pytest is given for one suite")
    suite.add_argument("name")
    for verb, what in {
        "deploy": "everything, from Terraform to the services",
        "release": "the services, as CI does it",
        "rollback": "back to a revision, by default to the last good one",
        "history": "print the revisions there are",
        "smoke": "ask from outside whether it works",
        "backup": "back databases up now",
        "backups": "print the backups there are",
        "restore-test": "restore the newest backups into a server of their own, and compare",
        "restore": "put a backup in place of what a database holds",
    }.items():
        _add_arguments(verb, verbs.add_parser(verb, help=what))
    return made


def _add_arguments(verb: str, made: argparse.ArgumentParser) -> None:
    made.add_argument("environment", choices=list_environments())
    made.add_argument(
        "--values", type=_parse_values, action="append", default=[], help="chart=file; repeatable"
    )
    made.add_argument("--wait", default=releases.WAIT, help="how long pods may take, in Helm's notation")
    if verb in ("deploy", "release"):
        made.add_argument("--tag", required=verb == "release", default="", help="of the images: a commit")
        made.add_argument("--registry", default="", help="by default what the values say")
        made.add_argument("--signed-by", default="", help="owner/name at GitHub; then images go by digest")
        made.add_argument("--digests", type=Path, help="JSON file: image → sha256:…")
    if verb == "deploy":
        made.add_argument("--steps", default="", help="only these, joined by commas")
        made.add_argument("--ephemeral", action="store_true", help="data that keeps nothing")
    if verb == "rollback":
        made.add_argument(
            "--to", type=_parse_revision, help="number of a revision; empty for the last good one"
        )
    if verb == "smoke":
        made.add_argument("--url", default="", help="by default https:// and the host of the values")
        made.add_argument("--authority", default="", help="certificate to trust: a file")
    if verb in BACKUPS:
        databases = [app.value for app in backups.DATABASES]
        made.add_argument("--database", choices=databases, required=verb == "restore", help="by default all")
    if verb == "restore":
        made.add_argument("--at", default="", help="name of the backup; by default the newest")
        made.add_argument("--events", choices=["again", "leave"], default="", help="those since the backup")


def _run(arguments: argparse.Namespace) -> int:
    match arguments.verb:
        case "changes":
            return _changes(arguments.before, arguments.after)
        case "suite":
            return _suite(arguments.name)
    where = load_environment(arguments.environment, [*_find_values(arguments.environment), *arguments.values])
    match arguments.verb:
        case "smoke":
            return _smoke(where, arguments.url, arguments.authority)
        case "deploy":
            _deploy(where, arguments)
        case "release":
            _release(where, arguments)
        case "rollback":
            _roll_back(where, arguments)
        case verb if verb in BACKUPS:
            _back_up(where, arguments)
        case "history":
            with open_access(where.namespace) as cluster:
                for each in releases.list_revisions(cluster):
                    print(f"{each.number:>4}  {each.status:<12} {each.description}")
    return 0


def _parse_values(text: str) -> Values:
    chart, _, file = text.partition("=")
    return chart, Path(file)


def _find_values(name: str) -> list[Values]:
    """What Terraform knows of the environment, if it ran here."""
    found = [(chart, VALUES / f"{chart}-{name}.yaml") for chart in ("data", "todo")]
    return [(chart, file) for chart, file in found if file.exists()]


def _changes(before: str, after: str) -> int:
    paths = changes.list_changed_paths(before, after)
    found = changes.list_suites() if paths is None else changes.select_suites(paths)
    listed = json.dumps([suite.name for suite in found])
    print(listed)
    if file := os.environ.get("GITHUB_OUTPUT"):
        with Path(file).open("a") as output:
            output.write(f"suites={listed}\n")
    return 0


def _suite(name: str) -> int:
    found = [suite for suite in changes.list_suites() if suite.name == name]
    if not found:
        raise CommandError(f"There is no suite {name!r}.")
    print(" ".join(found[0].tests))
    return 0


def _parse_revision(text: str) -> int | None:
    return int(text) if text else None


def _read_digests(arguments: argparse.Namespace) -> dict[str, str]:
    if arguments.signed_by:
        if not re.fullmatch(r"[0-9a-f]{40}", arguments.tag):
            raise CommandError(f"{arguments.tag!r} is no commit; build.yml tags images with the whole of it.")
        return verify_signatures(arguments.registry, arguments.tag, arguments.signed_by)
    listed: dict[str, str] = json.loads(arguments.digests.read_text()) if arguments.digests else {}
    if unknown := set(listed) - set(IMAGES):
        raise CommandError(f"No images of ours: {', '.join(sorted(unknown))}.")
    return listed


def _deploy(where: Environment, arguments: argparse.Namespace) -> None:
    with open_access(where.namespace) as cluster:
        told = {"tag": arguments.tag, "registry": arguments.registry, "wait": arguments.wait}
        bootstrap = Bootstrap(where, cluster, _read_digests(arguments), ephemeral=arguments.ephemeral, **told)
        bootstrap.run([step for step in arguments.steps.split(",") if step])


def _release(where: Environment, arguments: argparse.Namespace) -> None:
    digests = _read_digests(arguments)
    with open_access(where.namespace) as cluster:
        told = {"tag": arguments.tag, "registry": arguments.registry, "wait": arguments.wait}
        revision = releases.upgrade_release(cluster, where, digests, **told)
    _report(f"{where.name} runs {arguments.tag} as revision {revision.number} ({revision.description}).")
    for image, digest in digests.items():
        _report(f"  {image} {digest}")


def _roll_back(where: Environment, arguments: argparse.Namespace) -> None:
    with open_access(where.namespace) as cluster:
        revision = releases.roll_back(cluster, arguments.to, wait=arguments.wait)
    _report(f"{where.name} is at revision {revision.number}: {revision.description}.")


def _back_up(where: Environment, arguments: argparse.Namespace) -> None:
    databases = [App(arguments.database)] if arguments.database else backups.DATABASES
    with open_access(where.namespace) as cluster:
        match arguments.verb:
            case "backup":
                said = backups.create_backups(cluster, databases)
            case "backups":
                said = backups.list_backups(cluster, databases)
            case "restore-test":
                said = backups.run_restore_tests(cluster, databases)
            case _:
                said = backups.restore_backup(cluster, databases[0], arguments.at, arguments.events)
    print("\n".join(said))


def _smoke(where: Environment, url: str, authority: str) -> int:
    client = smoke.SmokeClient((url or f"https://{where.host}").rstrip("/"))
    client.context = create_ssl_context(authority or ("" if url else where.authority))
    failed = 0
    for name, passed, seen in smoke.run_checks(client):
        failed += not passed
        _report(f"  {'ok  ' if passed else 'FAIL'} {name}: {seen}")
    return 1 if failed else 0


def _report(line: str) -> None:
    """To the person, and into the summary of the workflow's run."""
    print(line, flush=True)
    if file := os.environ.get("GITHUB_STEP_SUMMARY"):
        with Path(file).open("a") as summary:
            summary.write(f"{line}\n\n")


if __name__ == "__main__":
    main()
