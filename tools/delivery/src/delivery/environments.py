"""The environments there are, and what belongs to each."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

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
    values: further files of Helm values, each with its chart; they come after the environment's own.
    """

    name: str
    authority: str = ""
    values: Sequence[Values] = ()

    @property
    def namespace(self) -> str:
        return self.name

    def values_of(self, chart: str) -> list[Path]:
        """Every file of values for `chart`, in the order Helm is to read them."""
        own = CHARTS / chart / f"values-{self.name}.yaml"
        return [own, *(path for of, path in self.values if of == chart)]

    @property
    def host(self) -> str:
        """Name people reach it by."""
        told = [yaml.safe_load(path.read_text()) or {} for path in self.values_of("todo")]
        return str(next(values["host"] for values in reversed(told) if "host" in values))


def list_environments() -> list[str]:
    return list(yaml.safe_load(FILE.read_text()))


def load_environment(name: str, values: Sequence[Values] = ()) -> Environment:
    """Raises `CommandError` for one there isn't, and for values of a chart there isn't."""
    known = yaml.safe_load(FILE.read_text())
    if name not in known:
        raise CommandError(f"There is no environment {name!r}; there are {', '.join(known)}.")
    for chart, path in values:
        if not (CHARTS / chart / "Chart.yaml").exists() or not path.exists():
            raise CommandError(f"There is no chart {chart!r}, or no file {path}.")
    return Environment(name, values=values, **known[name])
