"""Everything that goes to a cluster is what its API takes: parsed, and checked against its schema."""

import subprocess
from pathlib import Path

import pytest

from devstack.paths import ROOT
from devstack.toolbox.ensure import find_tool
from devstack.toolbox.helm import KUBECONFORM
from tests.charts.rendering import CHARTS, RELEASES, build_dependencies, helm, manifests
from tests.charts.schemas import LOCATION

FILES = sorted(
    [*ROOT.glob("kafka/*.yaml"), *ROOT.glob("dapr/**/*.yaml"), *CHARTS.glob("platform/manifests/*.yaml")]
)
NO_MANIFESTS = {"access-control.yaml", "dapr-values.yaml", "strimzi-values.yaml"}
"""Data of the charts, and releases of other people's charts (test_platform.py)."""


def conforms(text: str) -> str:
    """What kubeconform has against `text`; nothing is left out, and an unknown kind is an error."""
    command = [str(find_tool(KUBECONFORM)), "-strict", "-schema-location", LOCATION, "-"]
    done = subprocess.run(command, input=text, capture_output=True, text=True)
    return done.stdout + done.stderr if done.returncode else ""


@pytest.mark.parametrize(("chart", "place"), RELEASES)
class TestChart:
    def test_lints(self, chart: str, place: str) -> None:
        build_dependencies()
        file = CHARTS / chart / f"values-{place}.yaml"
        assert "0 chart(s) failed" in helm("lint", "--strict", CHARTS / chart, "-f", file)

    def test_renders_what_the_api_takes(self, chart: str, place: str) -> None:
        assert conforms(manifests(chart, place)) == ""


def test_switches_render_what_the_api_takes() -> None:
    settings = ("ingress.enabled=true", "gateway.enabled=false", "task.autoscaling.enabled=false")
    assert conforms(manifests("todo", "staging", settings)) == ""


@pytest.mark.parametrize(
    "path",
    [path for path in FILES if path.name not in NO_MANIFESTS],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_file_is_what_the_api_takes(path: Path) -> None:
    assert conforms(path.read_text()) == ""


def test_a_wrong_field_is_found() -> None:
    topic = (ROOT / "kafka" / "topics.yaml").read_text().replace("partitions:", "partition:")
    assert "partition" in conforms(topic)
