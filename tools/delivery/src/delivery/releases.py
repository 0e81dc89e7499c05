"""Releases of charts/todo: put one out, look back, go back."""

import json
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from contracts.names import IMAGES
from delivery.access import Access
from delivery.environments import CHARTS, Environment
from delivery.infrastructure_values import read_values
from delivery.pins import Pin, find_values_of
from devstack.errors import CommandError

RELEASE = "todo"
WAIT = "10m"
KEPT_REVISIONS = 50
"""A canary makes one for each of its steps."""
CANARY = "Canary"
"""How the description of a revision begins that runs a canary: nothing to go back to."""
NO_RELEASE = "release: not found"
"""What Helm says of one there isn't."""
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

    @property
    def is_good(self) -> bool:
        """Whether it ran, and was no step of a canary."""
        return self.status in GOOD and not self.description.startswith(CANARY)


@dataclass(frozen=True, slots=True)
class Release:
    """What is to run in an environment: values of charts/todo.

    pins: image and commit of each service; what has none runs `tag`.
    tag: the commit that is released.
    wait: how long pods may take, in Helm's notation.
    """

    environment: Environment
    pins: Mapping[str, Pin]
    tag: str = ""
    registry: str = ""
    wait: str = WAIT

    def build_arguments(self) -> list[str]:
        """Helm's, but for the verb. Standard input is what `read_values` has for the chart."""
        values = [part for path in self.environment.values_of("todo") for part in ("--values", path)]
        images = [
            part
            for name, pin in self.pins.items()
            for part in ("--set-json", f"{find_values_of(name)}.image={json.dumps(dict(pin))}")
        ]
        images += ["--set-string", f"global.image.tag={self.tag}"] if self.tag else []
        images += ["--set-string", f"global.image.registry={self.registry}"] if self.registry else []
        return [RELEASE, str(CHARTS / "todo"), *values, *images]


def upgrade_release(access: Access, release: Release, *arguments: str) -> Revision:
    """Put it out; a release whose pods don't become ready undoes itself.

    arguments: more of Helm's.
    Raises `CommandError` if the infrastructure's values are missing, before anything changes; else with the
    state of the pods, and by then the last release is back.
    """
    infrastructure = read_values(access).by_chart["todo"]
    build_dependencies(access)
    how = ["--rollback-on-failure", f"--timeout={release.wait}", f"--history-max={KEPT_REVISIONS}"]
    try:
        command = ["upgrade", "--install", *release.build_arguments(), *how, *arguments]
        access.helm(*command, stdin=infrastructure)
    except CommandError as error:
        raise CommandError(f"{error}\n{describe_pods(access)}") from error
    return list_revisions(access)[-1]


def render_release(access: Access, release: Release) -> list[dict[str, Any]]:
    """What Helm would send to the cluster. Raises `CommandError`."""
    infrastructure = read_values(access).by_chart["todo"]
    build_dependencies(access)
    text = access.helm("template", *release.build_arguments(), stdin=infrastructure)
    return [each for each in yaml.safe_load_all(text) if each]


def read_running_values(access: Access) -> dict[str, Any]:
    """Values the release was given; none if there is no release yet."""
    if not list_revisions(access, none_is_fine=True):
        return {}
    values: dict[str, Any] = json.loads(access.helm("get", "values", RELEASE, "--output=json")) or {}
    return values


def list_running(access: Access) -> dict[str, str]:
    """`sha256:…` of each of our images, as released. Raises `CommandError` for one that has none.

    A canary's is not among them: it is the newest there is.
    """
    kinds = json.loads(access.kubectl("get", "deployments,cronjobs", "--output=json"))["items"]
    kept = [each for each in kinds if not _is_canary(each)]
    named = re.findall(r'"image": "[^"@]*/([\w-]+)(?::[\w.-]+)?@(sha256:[0-9a-f]{64})"', json.dumps(kept))
    found = {image: digest for image, digest in named if image in IMAGES}
    if missing := set(IMAGES) - set(found):
        raise CommandError(f"Not running by digest: {', '.join(sorted(missing))}.")
    return found


def _is_canary(item: Mapping[str, Any]) -> bool:
    labels: Mapping[str, str] = item.get("metadata", {}).get("labels", {})
    return labels.get("app.kubernetes.io/component") == "canary"


def roll_back(access: Access, to: int | None = None, *, wait: str = WAIT) -> Revision:
    """Go back to a revision, by default to the last good one. Raises `CommandError` if there is none."""
    target = to if to is not None else find_last_good(list_revisions(access)).number
    how = ["--wait", f"--timeout={wait}", f"--history-max={KEPT_REVISIONS}"]
    access.helm("rollback", RELEASE, str(target), *how)
    return list_revisions(access)[-1]


def find_last_good(revisions: list[Revision]) -> Revision:
    """The newest that ran and differs from what runs. Raises `CommandError` if there is none."""
    current = next((each for each in reversed(revisions) if each.status == "deployed"), None)
    for each in reversed(revisions):
        differs = current is None or each.content != current.content
        if each.is_good and differs and (current is None or each.number < current.number):
            return each
    raise CommandError("There is no earlier release to go back to.")


def list_revisions(access: Access, *, none_is_fine: bool = False) -> list[Revision]:
    """Oldest first. Raises `CommandError` if there is no release, unless that is fine."""
    try:
        listed = json.loads(access.helm("history", RELEASE, "--output=json"))
    except CommandError as error:
        if none_is_fine and NO_RELEASE in str(error):
            return []
        raise
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
