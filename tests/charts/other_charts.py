"""Charts of others, at the versions that our helmfiles pin, and what they make of our values.

Three come with the Go module of their project. The others are archives of chart repositories: `make
charts-test` pulls them into a folder and names it in CHART_SOURCES, with a folder in it for each chart.
"""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from devstack.helmfile import Release, merge_values
from tests.charts.modules import module_folders
from tests.charts.rendering import Object, RenderError, helm, parse
from tests.charts.schemas import PINS, Loader

IN_MODULES = {
    "dapr": ("github.com/dapr/dapr", "charts/dapr"),
    "cert-manager": ("github.com/cert-manager/cert-manager", "deploy/charts/cert-manager"),
    "metrics-server": ("sigs.k8s.io/metrics-server", "charts/metrics-server"),
}
"""Module and folder in it, by release."""
SOURCES = "CHART_SOURCES"

Values = Mapping[str, Any]


def find_chart(pinned: Release) -> Path:
    """Folder of the chart; the test is skipped where it can't be had."""
    if pinned.name in IN_MODULES:
        module, folder = IN_MODULES[pinned.name]
        return module_folders(PINS)[module] / folder
    chart = Path(os.environ.get(SOURCES, ""), pinned.chart.rpartition("/")[2])
    if not os.environ.get(SOURCES):
        pytest.skip(f"{chart} is in no Go module; `make charts-test` pulls it from its repository")
    return chart.resolve()


def render(pinned: Release, values: Values | None = None) -> str:
    """What Helm would send. values: in place of the release's own. Raises `RenderError`."""
    given = yaml.safe_dump(dict(pinned.values if values is None else values))
    where = ["--namespace", pinned.namespace, "--values", "-"]
    return helm("template", pinned.name, find_chart(pinned), *where, stdin=given)


def render_objects(pinned: Release) -> list[Object]:
    return parse(render(pinned))


def read_defaults(chart: Path) -> dict[str, Any]:
    """Its values, those of its subcharts under their names."""
    values = _read_values(chart)
    for folder in sorted((chart / "charts").glob("*/values.yaml")):
        name = folder.parent.name
        values[name] = merge_values(_read_values(folder.parent), values.get(name) or {})
    return values


def list_unlisted(given: Values, defaults: object, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Paths of the keys that a chart's own values don't have; what is below an empty mapping is free."""
    for key, value in given.items():
        if not isinstance(defaults, dict) or key not in defaults:
            yield (*path, key)
        elif isinstance(value, dict) and defaults[key]:
            yield from list_unlisted(value, defaults[key], (*path, key))


def list_ineffective(pinned: Release, values: Values) -> list[tuple[str, ...]]:
    """Paths of the keys that the chart doesn't list, and that change nothing either."""
    rendered = render(pinned, values)
    unlisted = list_unlisted(values, read_defaults(find_chart(pinned)))
    return [path for path in unlisted if _render_anyhow(pinned, without(values, path)) == rendered]


def without_nulls(value: Any) -> Any:
    """As the API reads it, for which null is nothing."""
    if isinstance(value, dict):
        return {key: without_nulls(each) for key, each in value.items() if each is not None}
    return [without_nulls(each) for each in value] if isinstance(value, list) else value


def without(values: Values, path: tuple[str, ...]) -> dict[str, Any]:
    key, *rest = path
    left = dict(values)
    if rest:
        left[key] = without(left[key], tuple(rest))
    else:
        del left[key]
    return left


def _render_anyhow(pinned: Release, values: Values) -> str:
    """Or the chart's complaint: what it can't do without has an effect."""
    try:
        return render(pinned, values)
    except RenderError as refusal:
        return str(refusal)


def _read_values(chart: Path) -> dict[str, Any]:
    found: dict[str, Any] | None = yaml.load((chart / "values.yaml").read_text(), Loader)
    return found or {}
