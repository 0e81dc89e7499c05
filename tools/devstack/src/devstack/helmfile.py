"""The Helm releases of others that this platform stands on, as `charts/platform/helmfile.yaml` lists them."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from devstack.paths import ROOT

PLATFORM = ROOT / "charts" / "platform"
HELMFILE = PLATFORM / "helmfile.yaml"
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


def read_releases(helmfile: Path = HELMFILE) -> list[Release]:
    """The releases of a helmfile, in its order."""
    content = yaml.safe_load(helmfile.read_text())
    repositories = {each["name"]: each["url"] for each in content["repositories"]}
    return [_read_release(each, helmfile.parent, repositories) for each in content["releases"]]


def list_manifests(helmfile: Path = HELMFILE) -> list[Path]:
    """Files of this repository that releases apply once they are installed."""
    releases = yaml.safe_load(helmfile.read_text())["releases"]
    return [helmfile.parent / file for each in releases for file in _list_applied(each, "postsync")]


def _read_release(entry: dict[str, Any], folder: Path, repositories: dict[str, str]) -> Release:
    chart, repository = entry["chart"], ""
    if chart.startswith("."):
        chart = str((folder / chart).resolve().relative_to(ROOT))
    elif not chart.startswith("oci://"):
        alias, _, chart = chart.partition("/")
        repository = repositories[alias]
    [file] = entry["values"]
    return Release(
        name=entry["name"],
        namespace=entry["namespace"],
        chart=chart,
        version=entry["version"],
        values=yaml.safe_load((folder / file).read_text()),
        repository=repository,
        crds=_list_applied(entry, "presync"),
    )


def _list_applied(entry: dict[str, Any], event: str) -> list[str]:
    """What the hooks of a release for `event` apply: the last argument of `kubectl apply`."""
    return [hook["args"][-1] for hook in entry.get("hooks", []) if event in hook["events"]]
