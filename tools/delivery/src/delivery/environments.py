"""The environments there are, and what belongs to each."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from contracts.names import App
from delivery.infrastructure_values import InfrastructureValues
from devstack.errors import CommandError
from devstack.paths import ROOT

CHARTS = ROOT / "charts"
FILE = Path(__file__).with_name("environments.yaml")

Values = tuple[str, Path]
"""Name of a chart, and a file of values for it."""


@dataclass(frozen=True, slots=True)
class Environment:
    """One place a release can go.

    authority: URL of the certificate its certificates are signed with; empty for one everybody trusts.
    values: further files of Helm values, each with its chart; they come last.
    """

    name: str
    authority: str = ""
    values: Sequence[Values] = ()

    @property
    def namespace(self) -> str:
        return self.name

    def values_of(self, chart: str) -> list[str]:
        """Every file of values for `chart`, in the order Helm is to read them.

        `-` is standard input: what Terraform knows. It overrides the environment's own file, which
        has examples there, and is overridden by files that were named by hand.
        """
        own = CHARTS / chart / f"values-{self.name}.yaml"
        return [str(own), "-", *(str(path) for of, path in self.values if of == chart)]

    def find_host(self, infrastructure: InfrastructureValues) -> str:
        """Name people reach it by."""
        values = self._read_values(infrastructure)
        return str(next(each["host"] for each in reversed(values) if "host" in each))

    def find_canary(self, infrastructure: InfrastructureValues) -> dict[str, Any]:
        """`canary` of the edge's values, defaults included."""
        found = dict(_read(CHARTS / "service" / "values.yaml")["canary"])
        for values in [_read(CHARTS / "todo" / "values.yaml"), *self._read_values(infrastructure)]:
            found |= values.get(App.FRONTEND, {}).get("canary", {})
        return found

    def _read_values(self, infrastructure: InfrastructureValues) -> list[dict[str, Any]]:
        return [
            infrastructure.parse("todo") if path == "-" else _read(Path(path))
            for path in self.values_of("todo")
        ]


def _read(file: Path) -> dict[str, Any]:
    values: dict[str, Any] = yaml.safe_load(file.read_text()) or {}
    return values


def list_environments() -> list[str]:
    return list(yaml.safe_load(FILE.read_text()))


def load_environment(name: str, values: Sequence[Values] = ()) -> Environment:
    """Raises `CommandError` for one there isn't, and for values of a chart there isn't."""
    known = yaml.safe_load(FILE.read_text())
    if name not in known:
        raise CommandError(f"Unknown environment {name!r}; known environments are {', '.join(known)}.")
    for chart, path in values:
        if not (CHARTS / chart / "Chart.yaml").exists() or not path.exists():
            raise CommandError(f"There is no chart {chart!r}, or no file {path}.")
    return Environment(name, values=values, **known[name])
