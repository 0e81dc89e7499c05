"""`delivery changes|suite|revision|images|collect-garbage`, and of an environment:
`deploy|canary|release|running|pin|smoke|rollback|history`, `save-secrets|restore-secrets`, and what
`recovery_commands.VERBS` has.
"""

import argparse
import json
from pathlib import Path

from delivery import recovery_commands, releases
from delivery.environments import Values, list_environments

RELEASING = ("deploy", "release", "canary")


def build_parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="delivery", description=__doc__)
    verbs = made.add_subparsers(dest="verb", required=True)
    changed = verbs.add_parser("changes", help="print the suites a change needs, as JSON")
    changed.add_argument("before")
    changed.add_argument("after")
    suite = verbs.add_parser("suite", help="print the pytest arguments for one suite")
    suite.add_argument("name")
    revision = verbs.add_parser("revision", help="refuse a commit that isn't on main or didn't pass CI")
    revision.add_argument("commit")
    revision.add_argument("--repository", required=True, help="owner/name at GitHub")
    images = verbs.add_parser("images", help="print the images of others, as JSON")
    images.add_argument("--pin", action="store_true", help="write the digests their tags have now")
    garbage = verbs.add_parser("collect-garbage", help="delete old images from the registry")
    garbage.add_argument("registry", help="its name")
    garbage.add_argument(
        "--running", type=json.loads, action="append", required=True, help="image → sha256:…"
    )
    garbage.add_argument("--keep", type=int, default=20, help="of the newest images of each service")
    for verb, what in {
        "deploy": "everything, from Terraform to the services",
        "release": "the services, all at once",
        "canary": "the services, as CI does it: the edge serves a growing share, then all or none",
        "pin": "write which images Flux is to run: those of a commit that differ from what is pinned",
        "running": "print the digests that run, as JSON",
        "rollback": "back to a revision, by default to the last good one",
        "history": "print the revisions there are",
        "smoke": "ask from outside whether it works",
        "save-secrets": "print every Secret nobody can make anew, in plain text",
        "restore-secrets": "put saved Secrets in place of those there are",
        **recovery_commands.VERBS,
    }.items():
        _add_arguments(verb, verbs.add_parser(verb, help=what))
    return made


def _add_arguments(verb: str, made: argparse.ArgumentParser) -> None:
    made.add_argument("environment", choices=list_environments())
    made.add_argument(
        "--values", type=_parse_values, action="append", default=[], help="chart=file; repeatable"
    )
    made.add_argument("--wait", default=releases.WAIT, help="how long pods may take, in Helm's notation")
    if verb in RELEASING or verb == "pin":
        made.add_argument("--tag", required=verb != "deploy", default="", help="of the images: a commit")
        made.add_argument(
            "--registry", default="", help="by default that of the environment's infrastructure"
        )
        signed = "owner/name at GitHub; then images go by digest"
        made.add_argument("--signed-by", required=verb == "pin", default="", help=signed)
    if verb in RELEASING:
        made.add_argument("--digests", type=Path, help="JSON file: image → sha256:…")
        made.add_argument(
            "--same-as", type=json.loads, help="JSON: image → tag and digest, what another environment runs"
        )
    if verb == "deploy":
        made.add_argument("--steps", default="", help="only these, joined by commas")
        made.add_argument("--ephemeral", action="store_true", help="data that keeps nothing")
    if verb == "rollback":
        made.add_argument(
            "--to", type=_parse_revision, help="number of a revision; empty for the last good one"
        )
    if verb == "smoke":
        made.add_argument("--url", default="", help="by default https:// and the environment's host")
        made.add_argument("--authority", default="", help="certificate to trust: a file")
    if verb == "restore-secrets":
        made.add_argument("--file", type=argparse.FileType(), default="-", help="by default standard input")
    recovery_commands.add_arguments(verb, made)


def _parse_values(text: str) -> Values:
    chart, _, file = text.partition("=")
    return chart, Path(file)


def _parse_revision(text: str) -> int | None:
    return int(text) if text else None
