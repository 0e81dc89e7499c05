"""nightly.yml, which has never run on GitHub: each of its commands is one that a program of ours takes."""

import argparse
import subprocess
from collections.abc import Callable, Iterator

import pytest

from cluster import cli as cluster
from devstack.helmfile import HELMFILE, MONITORING_HELMFILE, read_releases
from devstack.paths import ROOT
from tests.workflows.definitions import Job, job, jobs
from tools import install_monitoring, install_platform, pull_charts

PARSERS: dict[str, Callable[[], argparse.ArgumentParser]] = {
    "cluster": cluster.build_parser,
    "tools.install_monitoring": install_monitoring.build_parser,
    "tools.install_platform": install_platform.build_parser,
    "tools.pull_charts": pull_charts.build_parser,
}
CLUSTER = job("nightly", "cluster")
PARTS: list[str] = CLUSTER.body["strategy"]["matrix"]["part"]
ACME_SERVER = "https://acme.invalid/directory"


def list_runs(each: Job, part: str) -> Iterator[list[str]]:
    """What `make` would run for each step of a job, word by word; nothing is run."""
    for step in each.steps:
        if step.get("run", "").startswith("make ") and _is_for(step, part):
            words = step["run"].replace('"', "").replace("$PART", part).replace("$ACME_SERVER", ACME_SERVER)
            command = [*words.split(), "--dry-run", "--no-print-directory", "UV=uv"]
            done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
            yield from (line.replace('"', "").split() for line in done.stdout.splitlines() if line)


def _is_for(step: dict[str, str], part: str) -> bool:
    condition = step.get("if", "")
    return "matrix.part" not in condition or condition == f"matrix.part == '{part}'"


def _without_program(words: list[str]) -> list[str]:
    """What comes after `uv run --frozen --quiet`, and after settings of the environment."""
    return words[words.index("--quiet") + 1 :]


@pytest.mark.parametrize("part", PARTS)
class TestDryRun:
    def test_ends_in_programs_that_take_these_words(self, part: str) -> None:
        called = []
        for words in [run for each in jobs("nightly") for run in list_runs(each, part) if run != ["true"]]:
            name, *rest = _without_program(words)
            if name == "python":
                name, rest = rest[1], rest[2:]
            if name == "pytest":
                assert all((ROOT / path).exists() for path in rest), rest
            else:
                assert PARSERS[name]().parse_args(rest)
            called.append(name)
        assert called[-1] == "cluster"
        assert {"cluster", "pytest", "tools.install_platform", "tools.pull_charts"} <= set(called)
        assert ("tools.install_monitoring" in called) == (part == "monitoring")

    def test_tries_the_part(self, part: str) -> None:
        tried = [run[-1] for run in list_runs(CLUSTER, part) if "pytest" in run]
        assert tried[-1] == f"tests/cluster/{part}"


class TestInstalling:
    def test_has_values_for_everything(self) -> None:
        for helmfile in (HELMFILE, MONITORING_HELMFILE):
            assert read_releases(helmfile, "kind")

    def test_has_a_node_for_each_broker(self) -> None:
        """Kafka's nodes are on different ones; the control plane takes no pods."""
        [up] = [run for run in list_runs(CLUSTER, "todo") if "up" in run]
        assert cluster.build_parser().parse_args(_without_program(up)[1:]).workers >= 3

    def test_tries_all_that_is_in_the_folder(self) -> None:
        folders = {path.parent.name for path in (ROOT / "tests" / "cluster").glob("*/test_*.py")}
        assert set(PARTS) == folders

    def test_is_written_down_if_it_fails_and_always_removed(self) -> None:
        conditions = {step.get("name"): step.get("if") for step in CLUSTER.steps}
        assert conditions["Write down what state everything is in"] == "failure()"
        assert conditions["Remove it"] == "always()"
        [kept] = [step["with"] for step in CLUSTER.steps if "upload-artifact" in step.get("uses", "")]
        [written] = [run for run in list_runs(CLUSTER, "todo") if "diagnostics" in run]
        assert kept["path"] == written[-1]
