"""Releases of charts/todo: put one out, look back, go back."""

import json
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass

from contracts.names import BACKUP_IMAGE
from delivery.access import Access
from delivery.environments import CHARTS, Environment
from devstack.errors import CommandError

RELEASE = "todo"
WAIT = "10m"
KEPT_REVISIONS = 20
GOOD = frozenset({"deployed", "superseded"})


@dataclass(frozen=True, slots=True)
class Revision:
    """One entry of the release's history."""

    number: int
    status: str
    description: str

    @property
    def content(self) -> int:
        """Number of the revision it has the content of: itself, unless it went back to another."""
        back = re.fullmatch(r"Rollback to (\d+)", self.description)
        return int(back[1]) if back else self.number


def upgrade_release(
    access: Access,
    environment: Environment,
    digests: Mapping[str, str],
    *,
    tag: str = "",
    registry: str = "",
    wait: str = WAIT,
) -> Revision:
    """Put out these images; a release whose pods don't become ready undoes itself.

    digests: `sha256:…` of each image; what has none runs `tag`.
    wait: how long pods may take, in Helm's notation.
    Raises `CommandError` with the state of the pods; by then the last release is back.
    """
    images = [
        part
        for name, digest in sorted(digests.items())
        for part in ("--set-string", f"{_values_of(name)}.image.digest={digest}")
    ]
    images += ["--set-string", f"global.image.tag={tag}"] if tag else []
    images += ["--set-string", f"global.image.registry={registry}"] if registry else []
    values = [part for path in environment.values_of("todo") for part in ("--values", str(path))]
    build_dependencies(access)
    how = ["--rollback-on-failure", f"--timeout={wait}", f"--history-max={KEPT_REVISIONS}"]
    try:
        access.helm("upgrade", "--install", RELEASE, str(CHARTS / "todo"), *values, *images, *how)
    except CommandError as error:
        raise CommandError(f"{error}\n{describe_pods(access)}") from error
    return list_revisions(access)[-1]


def _values_of(image: str) -> str:
    """Where charts/todo has the values of what runs an image."""
    return f"global.{image}" if image == BACKUP_IMAGE else image


def roll_back(access: Access, to: int | None = None, *, wait: str = WAIT) -> Revision:
    """Go back to a revision, by default to the last good one. Raises `CommandError` if there is none."""
    target = to if to is not None else find_last_good(list_revisions(access)).number
    access.helm("rollback", RELEASE, str(target), "--wait", f"--timeout={wait}")
    return list_revisions(access)[-1]


def find_last_good(revisions: list[Revision]) -> Revision:
    """The newest that ran and differs from what runs. Raises `CommandError` if there is none."""
    current = next((each for each in reversed(revisions) if each.status == "deployed"), None)
    for each in reversed(revisions):
        differs = current is None or each.content != current.content
        if each.status in GOOD and differs and (current is None or each.number < current.number):
            return each
    raise CommandError("There is no earlier release to go back to.")


def list_revisions(access: Access) -> list[Revision]:
    """Oldest first. Raises `CommandError` if there is no release."""
    listed = json.loads(access.helm("history", RELEASE, "--output=json"))
    return [Revision(each["revision"], each["status"], each["description"]) for each in listed]


def build_dependencies(access: Access) -> None:
    """Put charts/service into charts/todo as it is now."""
    access.helm("dependency", "build", str(CHARTS / "todo"), "--skip-refresh")


def describe_pods(access: Access) -> str:
    """Pods and last events, for a person who has to find out what went wrong."""
    try:
        pods = access.kubectl("get", "pods", "--output=wide")
        events = access.kubectl("get", "events", "--sort-by=.lastTimestamp").splitlines()
    except (CommandError, subprocess.TimeoutExpired) as error:
        return str(error)
    return "\n".join([pods.rstrip(), *events[-15:]])
