"""Helm values that only Terraform knows: hosts of managed databases, buckets, the registry.

A ConfigMap in the namespace of the environment holds them, because whoever releases has to read them, and
CI has neither Terraform's state nor the machine that ran it. Secrets are no part of it: `make deploy` makes
Secrets of those.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from delivery.access import Access
from devstack.errors import CommandError

CONFIG_MAP = "infrastructure-values"
CHARTS = ("data", "todo")

ChartValues = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class InfrastructureValues:
    """Values of each chart, as YAML."""

    by_chart: Mapping[str, str]

    def parse(self, chart: str) -> dict[str, Any]:
        values: dict[str, Any] = yaml.safe_load(self.by_chart[chart]) or {}
        return values

    @property
    def registry(self) -> str:
        """Where images are pulled from, e.g. `registry.digitalocean.com/todo`."""
        return str(self.parse("todo")["global"]["image"]["registry"])


def build_config_map(values: Mapping[str, ChartValues]) -> dict[str, Any]:
    """The manifest. values: those of each of `CHARTS`."""
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": CONFIG_MAP, "labels": {"app.kubernetes.io/part-of": "todo"}},
        "data": {chart: yaml.safe_dump(dict(values[chart])) for chart in CHARTS},
    }


def publish_values(access: Access, values: Mapping[str, ChartValues]) -> None:
    """Write the ConfigMap anew. values: those of each of `CHARTS`. Raises `CommandError`."""
    how = ["--server-side", "--force-conflicts", "--filename", "-"]
    access.kubectl("apply", *how, stdin=json.dumps(build_config_map(values)))


def read_values(access: Access) -> InfrastructureValues:
    """What the ConfigMap holds. Raises `CommandError`, with the command that writes it, if it is missing."""
    found = access.kubectl("get", "configmap", CONFIG_MAP, "--ignore-not-found", "--output=json").strip()
    data = json.loads(found).get("data", {}) if found else {}
    missing = [chart for chart in CHARTS if chart not in data]
    if missing:
        raise CommandError(
            f"The namespace {access.namespace} has no ConfigMap {CONFIG_MAP} with values for "
            f"{' and '.join(missing)}: where its databases, buckets and images are. "
            f"Write it from Terraform's state: make deploy ENV={access.namespace} STEPS=values"
        )
    return InfrastructureValues(data)
