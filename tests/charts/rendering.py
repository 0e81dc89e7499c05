"""What the charts render, as plain data."""

import functools
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from devstack.paths import ROOT
from devstack.toolbox.ensure import find_tool
from devstack.toolbox.helm import HELM

CHARTS = ROOT / "charts"
NAMESPACE = "todo"
PLACES = ("staging", "production", "cluster-test", "kind")
RELEASES = [(chart, place) for chart in ("data", "todo") for place in PLACES]
"""Every chart with every file of values there is."""

Object = dict[str, Any]


class RenderError(Exception):
    """Helm would not render; says what Helm said."""


@dataclass(frozen=True, slots=True)
class Pod:
    """A pod template, and what it is a template of."""

    owner: Object
    spec: dict[str, Any]
    labels: dict[str, str]
    annotations: dict[str, str]

    @property
    def name(self) -> str:
        return f"{self.owner['kind']} {self.owner['metadata']['name']}"


def helm(*arguments: str | Path, stdin: str | None = None) -> str:
    """What Helm prints. Raises `RenderError`."""
    command = [find_tool(HELM), *arguments]
    done = subprocess.run(command, input=stdin, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        raise RenderError(done.stdout + done.stderr)
    return done.stdout


@functools.cache
def build_dependencies() -> None:
    """Put charts/service into charts/todo as it is now."""
    helm("dependency", "build", CHARTS / "todo", "--skip-refresh")


@functools.cache
def manifests(chart: str, place: str, settings: tuple[str, ...] = ()) -> str:
    """What Helm would send to the cluster, hooks included."""
    build_dependencies()
    values = [part for setting in settings for part in ("--set", setting)]
    is_told = any(setting.startswith("global.image.tag=") for setting in settings)
    image = [] if is_told else ["--set-string", "global.image.tag=1.2.3"]
    file = CHARTS / chart / f"values-{place}.yaml"
    return helm("template", chart, CHARTS / chart, "--namespace", NAMESPACE, "-f", file, *image, *values)


def objects(chart: str, place: str, *settings: str) -> list[Object]:
    return parse(manifests(chart, place, settings))


def parse(text: str) -> list[Object]:
    return [item for item in yaml.load_all(text, yaml.CSafeLoader) if item]


def of_kind(found: Sequence[Object], kind: str) -> dict[str, Object]:
    """Those of one kind, by name."""
    return {item["metadata"]["name"]: item for item in found if item["kind"] == kind}


def pods(found: Sequence[Object]) -> Iterator[Pod]:
    for item in found:
        spec = item["spec"]["jobTemplate"]["spec"] if item["kind"] == "CronJob" else item.get("spec", {})
        template = spec.get("template", {}) if item["kind"] != "KafkaNodePool" else {}
        if "containers" in template.get("spec", {}):
            metadata = template["metadata"]
            yield Pod(item, template["spec"], metadata["labels"], metadata.get("annotations", {}))
