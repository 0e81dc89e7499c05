"""`make cluster-proof`: from nothing to a proven cluster and back to nothing, and a report of it.

Builds the images, brings the cluster up, runs what holds the charts and the cluster, takes it down, and
looks whether anything is left. The report is written whatever comes of it; the exit code tells.
"""

import argparse
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from cluster import toolbox
from cluster.cli import FOLDER
from cluster.cluster import Cluster
from cluster.images.build import build_images
from cluster.lock import hold_lock
from cluster.machine import require_suitable_machine
from devstack.errors import CommandError
from devstack.paths import ROOT
from devstack.toolbox.ensure import ensure_tools
from tests.cluster.machine_state import MachineState
from tests.cluster.report import Step, markdown, read_checks

REPORTS = Path(__file__).parent / "reports"
LOCK = ROOT / ".run" / "cluster-proof.lock"
WHAT = ("tests/charts", "tests/cluster")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--report", type=Path, default=REPORTS / f"{datetime.now(UTC):%Y-%m-%d-%H%M}.md")
    target: Path = parser.parse_args().report
    target.parent.mkdir(parents=True, exist_ok=True)
    results = target.with_suffix(".xml")
    try:
        with hold_lock(LOCK, "A proof runs here already; another one would take its cluster down."):
            steps = list(run(results))
    except CommandError as error:
        sys.exit(str(error))
    target.write_text(markdown(steps, read_checks(results), _commit()))
    results.unlink(missing_ok=True)
    print(f"\n{target}")
    sys.exit(0 if all(step.passed for step in steps) else 1)


def run(results: Path) -> list[Step]:
    """The steps, as far as they go; the cluster goes away whatever happened before."""
    cluster = Cluster.at(FOLDER)
    require_suitable_machine(cluster.folder)
    tools = _timed("get the tools", _get_tools)
    if not tools.passed:
        return [tools]
    cluster.down()
    before = MachineState.now()
    there = {
        "build the images": lambda: bool(build_images()),
        "bring the cluster up": lambda: _up(cluster),
        "install the charts, run every check": lambda: _tests(results),
    }
    steps = [tools]
    for what, work in there.items():
        steps.append(_timed(what, work))
        if not steps[-1].passed:
            break
    back = {"take it down": lambda: _down(cluster), "nothing is left on the machine": lambda: _is_as(before)}
    return [*steps, *(_timed(what, work) for what, work in back.items())]


def _timed(what: str, work: Callable[[], bool]) -> Step:
    print(f"* {what}", flush=True)
    started = time.monotonic()
    try:
        passed = work()
    except CommandError as error:
        print(error)
        passed = False
    return Step(what, time.monotonic() - started, passed)


def _get_tools() -> bool:
    """First of all: what a cluster leaves behind is looked at with some of them."""
    ensure_tools([*toolbox.CLUSTER, *toolbox.HTTPS])
    return True


def _up(cluster: Cluster) -> bool:
    cluster.up()
    return True


def _down(cluster: Cluster) -> bool:
    """Also where bringing it up failed and there is none."""
    cluster.down()
    return True


def _tests(results: Path) -> bool:
    how = ["--quiet", f"--junitxml={results}", "--override-ini=junit_family=xunit1"]  # which has properties
    command = [sys.executable, "-m", "pytest", *how, *WHAT]
    return subprocess.run(command, cwd=ROOT, check=False).returncode == 0


def _is_as(before: MachineState) -> bool:
    left = MachineState.now().differences(before)
    if left:
        print(left)
    return not left


def _commit() -> str:
    command = ["git", "describe", "--always", "--dirty"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()


if __name__ == "__main__":
    main()
