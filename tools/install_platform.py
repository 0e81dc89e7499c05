"""Installs what the platform stands on, as charts/platform/order.yaml lists it; can be repeated.

Helm never upgrades CRDs, so they are applied first, each release's own; then the release, and Helm
waits for it. Uses the cluster of the current kubeconfig.
"""

import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from devstack.failure import Failure
from devstack.places import ROOT
from devstack.toolbox.ensure import ensure, path_of
from devstack.toolbox.helm import HELM
from devstack.toolbox.tool import require

PLATFORM = ROOT / "charts" / "platform"
NAMESPACE = PLATFORM / "manifests" / "namespace.yaml"
WAIT = "10m"


@dataclass(frozen=True, slots=True)
class Release:
    """One chart of somebody else's: pinned, with our values.

    repository: where a chart that is no OCI reference is found.
    crds: addresses of CRDs the chart needs and does not bring.
    """

    name: str
    namespace: str
    chart: str
    version: str
    values: dict[str, Any]
    repository: str = ""
    crds: list[str] = field(default_factory=list)

    @property
    def source(self) -> list[str]:
        """Arguments of Helm that name the chart."""
        repository = ["--repo", self.repository] if self.repository else []
        return [self.chart, *repository, "--version", self.version]

    @property
    def install(self) -> list[str]:
        """Arguments of Helm that install or upgrade it; values come on standard input."""
        how = ["--namespace", self.namespace, "--create-namespace", "--values", "-"]
        return [
            "upgrade",
            "--install",
            self.name,
            *self.source,
            *how,
            "--rollback-on-failure",
            "--timeout",
            WAIT,
        ]


def read(path: Path) -> Release:
    return Release(**yaml.safe_load(path.read_text()))


def order() -> tuple[list[Path], list[Path]]:
    """Files of the releases, and of the manifests that come after them."""
    listed = yaml.safe_load((PLATFORM / "order.yaml").read_text())
    return [ROOT / path for path in listed["releases"]], [ROOT / path for path in listed["manifests"]]


def main() -> None:
    releases, manifests = order()
    ensure([HELM])
    try:
        _apply(NAMESPACE)
        for path in releases:
            _install(read(path))
        for path in manifests:
            _apply(path)
    except Failure as failure:
        sys.exit(f"\n{failure}")


def _install(release: Release) -> None:
    print(f"{release.name} {release.version}", flush=True)
    for address in release.crds:
        _apply(address)
    if crds := _helm(["show", "crds", *release.source]).strip():
        _apply("-", crds)
    _helm(release.install, yaml.safe_dump(release.values))


def _apply(file: Path | str, content: str = "") -> None:
    """Server-side: CRDs are too large for the annotation a client-side apply keeps."""
    kubectl = require("kubectl", "Install kubectl.")
    _run([kubectl, "apply", "--server-side", "--force-conflicts", "--filename", str(file)], content)


def _helm(arguments: list[str], content: str = "") -> str:
    return _run([str(path_of(HELM)), *arguments], content)


def _run(command: list[str], content: str) -> str:
    done = subprocess.run(command, input=content, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failure(f"`{' '.join(command)}` failed:\n{done.stderr}")
    return done.stdout


if __name__ == "__main__":
    main()
