"""Helm releases of other projects, as the helmfiles of `charts/platform` and `monitoring` list them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from devstack.errors import CommandError
from devstack.paths import ROOT

PLATFORM = ROOT / "charts" / "platform"
HELMFILE = PLATFORM / "helmfile.yaml.gotmpl"
MONITORING_HELMFILE = ROOT / "monitoring" / "helmfile.yaml.gotmpl"
DEFAULT = "default"
"""What helmfile calls the environment if none is named."""
WAIT = "10m"
TEMPLATE = re.compile(r"{{.*?}}", re.S)
ENVIRONMENT_NAME = re.compile(r"{{\s*\.Environment\.Name\s*}}")


@dataclass(frozen=True, slots=True)
class Release:
    """One pinned chart of another project, with our values.

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


def read_helmfile(helmfile: Path, environment: str = "") -> dict[str, Any]:
    """Content of a helmfile; its YAML documents are merged, as helmfile 1 does.

    environment: what `{{ .Environment.Name }}` stands for. A file that ends in `.gotmpl` is a template to
    helmfile; of its language only this one expression is understood here.
    Raises `CommandError` for any other expression, and for an environment the file doesn't list.
    """
    text = helmfile.read_text()
    if helmfile.suffix == ".gotmpl":
        text = _render(text, helmfile, environment)
    content: dict[str, Any] = {}
    for document in yaml.safe_load_all(text):
        content = merge_values(content, document)
    known = content.get("environments", {})
    if known and environment not in known:
        raise CommandError(
            f"{helmfile.relative_to(ROOT)} doesn't list the environment {environment!r}; "
            f"it lists {', '.join(known)}."
        )
    return content


def read_releases(helmfile: Path = HELMFILE, environment: str = DEFAULT) -> list[Release]:
    """The releases of a helmfile, in its order."""
    content = read_helmfile(helmfile, environment)
    repositories = {each["name"]: each["url"] for each in content["repositories"]}
    missing = content.get("missingFileHandler", "Error") != "Error"
    return [_read_release(each, helmfile.parent, repositories, missing) for each in content["releases"]]


def list_manifests(helmfile: Path = HELMFILE, environment: str = DEFAULT) -> list[Path]:
    """Files of this repository that releases apply once they are installed."""
    releases = read_helmfile(helmfile, environment)["releases"]
    return [helmfile.parent / file for each in releases for file in _list_applied(each, "postsync")]


def merge_values(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Helm's rule for several files of values: mappings are merged, anything else is replaced."""
    merged = dict(base)
    for key, value in over.items():
        below = merged.get(key)
        merged[key] = (
            merge_values(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
        )
    return merged


def _render(text: str, helmfile: Path, environment: str) -> str:
    for expression in TEMPLATE.findall(text):
        if not ENVIRONMENT_NAME.fullmatch(expression):
            known = "{{ .Environment.Name }}"
            raise CommandError(f"{helmfile.name} has {expression}; only {known} is understood.")
    return ENVIRONMENT_NAME.sub(environment, text)


def _read_release(
    entry: dict[str, Any], folder: Path, repositories: dict[str, str], missing: bool
) -> Release:
    """missing: whether files of values may be."""
    chart, repository = entry["chart"], ""
    if chart.startswith("."):
        chart = str((folder / chart).resolve().relative_to(ROOT))
    elif not chart.startswith("oci://"):
        alias, _, chart = chart.partition("/")
        repository = repositories[alias]
    values: dict[str, Any] = {}
    for file in (folder / each for each in entry["values"]):
        if file.exists() or not missing:
            values = merge_values(values, yaml.safe_load(file.read_text()))
    return Release(
        name=entry["name"],
        namespace=entry["namespace"],
        chart=chart,
        version=entry["version"],
        values=values,
        repository=repository,
        crds=_list_applied(entry, "presync"),
    )


def _list_applied(entry: dict[str, Any], event: str) -> list[str]:
    """What the hooks of a release for `event` apply: the last argument of `kubectl apply`."""
    return [hook["args"][-1] for hook in entry.get("hooks", []) if event in hook["events"]]
