"""Makes a release: `make release VERSION=1.4.0`.

Writes the version and the changelog, stores the OpenAPI document and the event schemas that clients may rely
on from now on, and the schemas of the databases (from a PostgreSQL it starts), on which this release has to
run beside the next one. Commits all of it and tags the commit. Nothing is pushed.
"""

import argparse
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

from tools.maintenance.api_changes import (
    ACCEPTED,
    EVENTS,
    OPENAPI,
    RELEASED,
    ROOT,
    accepted_breaks,
    breaking_changes,
)
from tools.maintenance.changelog import KINDS, Changelog, Version
from tools.maintenance.released_schema import write_schemas

CHANGELOG = Path("CHANGELOG.md")
VERSIONED = {
    Path("pyproject.toml"): r'(?m)(^name = "todo"\nversion = ")[^"]+',
    Path("uv.lock"): r'(?m)(^name = "todo"\nversion = ")[^"]+',
    Path("charts/todo/Chart.yaml"): r"(?m)(^(?:version|appVersion): )\S+",
}
"""Files that name the version of the platform, with what stands before it."""


class ReleaseError(Exception):
    """The release can't be made; the message says why and what to do."""


def release(root: Path, version: Version, on: date, generate: Callable[[Path], None] | None = None) -> str:
    """Commits and tags `version` in the repository at `root`, and returns the tag.

    generate: writes what is made from the released code.
    Raises `ReleaseError` before anything is changed if the release can't be made.
    """
    changelog = Changelog((root / CHANGELOG).read_text())
    _check(root, changelog, version)
    (root / CHANGELOG).write_text(changelog.release(version, on).text)
    for path, before in VERSIONED.items():
        text = (root / path).read_text()
        (root / path).write_text(re.sub(before, rf"\g<1>{version}", text))
    keep_api(root)
    if generate:
        generate(root)
    tag = f"v{version}"
    _git(root, "add", "--all")
    _git(root, "commit", "--quiet", "--message", f"release: {version}")
    _git(
        root,
        "tag",
        "--annotate",
        tag,
        "--message",
        f"{version}\n\n{changelog.unreleased()}",
        "--cleanup=verbatim",
    )
    return tag


def keep_api(root: Path) -> None:
    """Takes the API of now for what was released; no break is accepted any more."""
    events = root / RELEASED / "events"
    shutil.rmtree(events, ignore_errors=True)
    events.mkdir(parents=True)
    shutil.copy(root / OPENAPI, root / RELEASED / OPENAPI.name)
    for path in sorted((root / EVENTS).glob("*.json")):
        shutil.copy(path, events)
    kept = [line for line in (root / ACCEPTED).read_text().splitlines() if line.startswith("#")]
    (root / ACCEPTED).write_text("\n".join(kept) + "\n")


def write_api_types(root: Path) -> None:
    """The types of `contracts.api`: what was new is required from this release on."""
    folder = root / "libs/contracts/src/contracts/api"
    subprocess.run([sys.executable, root / "tools/api_types.py", folder], check=True)


def write_generated(root: Path) -> None:
    """What is made from the code that is released: types of the API, and schemas of the databases."""
    write_api_types(root)
    write_schemas(root)


def _check(root: Path, changelog: Changelog, version: Version) -> None:
    if _git(root, "status", "--porcelain"):
        raise ReleaseError("There are changes that are not committed; commit or stash them first.")
    if _git(root, "branch", "--show-current").strip() != "main":
        raise ReleaseError("Releases are made on main; switch to it first.")
    last = max(changelog.versions(), default=Version(0, 0, 0))
    if version <= last:
        raise ReleaseError(f"{version} does not follow {last}, the last release.")
    kinds = set(changelog.kinds())
    if not kinds:
        raise ReleaseError("CHANGELOG.md has nothing under Unreleased.")
    if unknown := kinds - set(KINDS):
        raise ReleaseError(
            f"CHANGELOG.md has {sorted(unknown)} under Unreleased; known are {', '.join(KINDS)}."
        )
    accepted, found = accepted_breaks(root), breaking_changes(root)
    if found != accepted:
        raise ReleaseError(f"{ACCEPTED} differs from what breaks: {sorted(found ^ accepted)}")
    if found and not version.allows_breaks_since(last):
        raise ReleaseError(f"{version} may not break what {last} promised: {sorted(found)}")
    if "Added" in kinds and not version.allows_additions_since(last):
        raise ReleaseError(
            f"{version} only fixes {last}, but the changelog has additions: take a minor version."
        )


def _git(root: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ReleaseError(f"git {arguments[0]} failed: {done.stderr.strip()}")
    return done.stdout


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("version")
    try:
        version = Version.parse(parser.parse_args().version)
        tag = release(ROOT, version, datetime.now(UTC).date(), write_generated)
    except (ReleaseError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{tag} is made. Look at it, then: git push --follow-tags")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
