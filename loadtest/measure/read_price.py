"""`read-price`: what a read costs here, as a ratio to what it costs in another checkout.

Both systems run side by side and are asked in turn, so whatever else the machine does meets both alike.
CPU is counted of every process of the one that is asked, once as it is and once without what that system
uses at rest. The other checkout needs its own environment and the tools:

    git worktree add --detach ../before <commit>
    ln -s "$PWD/.tools" ../before/.tools; (cd ../before && uv sync --frozen)
    make measure WHAT=read-price ARGS=../before

With `ARGS=.` a checkout is compared with itself: by how much ratios scatter.
"""

import argparse
import asyncio
import json
import os
import subprocess
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from devstack.paths import ROOT, RunFolder
from devstack.stack import Stack
from loadtest.measure import report
from loadtest.measure.generator import generate_load
from loadtest.measure.processes import cpu_used
from loadtest.measure.system import bearer, sign_up_users

HERE, THERE = "here", "there"
OFFSETS = {HERE: 6000, THERE: 7000}
TASKS = 50
WARM_UP_SECONDS = 5
REST_SECONDS = 10
GOAL = 1.03
SHOWN = 0.05
"""CPU milliseconds a request from which on a process has a row of its own."""


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU milliseconds a request, all of it and without what is used at rest, and by process."""

    gross: float
    net: float
    rate: float
    p50: float
    failed: int
    by_role: dict[str, float]


@dataclass(slots=True)
class Side:
    """One checkout's system, and somebody with fifty tasks in it."""

    stack: Stack
    headers: dict[str, str]
    paths: dict[str, str]
    rest: float = 0
    """CPU seconds a second at rest."""
    costs: dict[str, list[Cost]] = field(default_factory=lambda: defaultdict(list))

    def measure_reads(self, what: str, seconds: int) -> None:
        url = f"{self.stack.addresses.edge}/api/v1/{self.paths[what]}"
        with cpu_used(self.stack) as used:
            began = time.perf_counter()
            found = generate_load(url, self.stack.folder.path, headers=self.headers, seconds=seconds)
            took = time.perf_counter() - began
        each = 1e3 / found.requests
        by_role = {role: spent * each for role, spent in used.seconds.items()}
        net = (used.total - self.rest * took) * each
        self.costs[what].append(Cost(used.total * each, net, found.rate, found.p50, found.failed, by_role))

    def rest_for(self, seconds: float) -> None:
        with cpu_used(self.stack) as used:
            time.sleep(seconds)
        self.rest = used.total / seconds


@contextmanager
def run_checkout(checkout: Path, offset: int) -> Iterator[Stack]:
    """The system of a checkout, run by its own code."""
    python = checkout / ".venv" / "bin" / "python"
    assert python.exists(), f"{checkout} has no environment: run `uv sync --frozen` there"
    process = subprocess.Popen(
        [str(python), str(Path(__file__).with_name("held.py")), str(offset)],
        cwd=checkout,
        env=os.environ | {"PYTHONPATH": str(checkout)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin
    assert process.stdout
    try:
        yield _read_stack(process.stdout, offset)
    finally:
        process.stdin.close()
        process.wait()


def _read_stack(output: Iterator[str], offset: int) -> Stack:
    """What the other process holds; it may say other things before."""
    for line in output:
        if line.startswith("{"):
            found: dict[str, Any] = json.loads(line)
            stack = Stack(RunFolder(Path(found["folder"])), {}, offset, postgres=True)
            assert stack.addresses.edge == found["edge"], found
            return stack
    raise AssertionError("The system did not start.")


async def prepare_side(stack: Stack) -> Side:
    async with sign_up_users(stack, 1) as (session, (token,)):
        for number in range(TASKS):
            task = {"title": f"task {number}", "notes": "as people write them", "priority": number % 5}
            async with session.post("tasks", json=task, headers=bearer(token)) as response:
                assert response.status == 201, await response.text()
                id = (await response.json())["id"]
    return Side(stack, bearer(token), {"a task by id": f"tasks/{id}", "a list of 50": "tasks"})


def measure_sides(sides: dict[str, Side], rounds: int, seconds: int) -> None:
    """Each side in turn, and who is first in turn, too."""
    for side in sides.values():
        for what in side.paths:
            side.measure_reads(what, WARM_UP_SECONDS)
        side.costs.clear()
    for side in sides.values():
        side.rest_for(REST_SECONDS)
    for number in range(rounds):
        order = list(sides.values())[:: -1 if number % 2 else 1]
        for what in order[0].paths:
            for side in order:
                side.measure_reads(what, seconds)


def cost_ratios(here: Sequence[Cost], there: Sequence[Cost], which: str) -> list[float]:
    """Of each round."""
    return [getattr(one, which) / getattr(other, which) for one, other in zip(here, there, strict=True)]


def result_rows(sides: dict[str, Side]) -> list[report.Row]:
    made: list[report.Row] = []
    for what in sides[HERE].paths:
        here, there = sides[HERE].costs[what], sides[THERE].costs[what]
        for name, costs in ((HERE, here), (THERE, there)):
            seen = [median(getattr(cost, each) for cost in costs) for each in ("rate", "p50", "gross", "net")]
            made.append([what, name, *seen, sum(cost.failed for cost in costs), "", "", ""])
        gross, net = cost_ratios(here, there, "gross"), cost_ratios(here, there, "net")
        scatter = f"{min(net):.3f}–{max(net):.3f}"
        made[-2][-3:] = [f"{median(gross):.3f}", f"{median(net):.3f}", scatter]  # type: ignore[index]
    return made


def role_rows(sides: dict[str, Side]) -> Sequence[report.Row]:
    """The median of each process, what is used at rest included, the dearest first."""
    made: list[tuple[str, str, float, float]] = []
    for what in sides[HERE].paths:
        roles = dict.fromkeys(role for side in sides.values() for role in side.costs[what][0].by_role)
        for role in roles:
            here, there = (
                median(cost.by_role.get(role, 0) for cost in sides[name].costs[what])
                for name in (HERE, THERE)
            )
            made += [(what, role, here, there)] if max(here, there) >= SHOWN else []
    return sorted(made, key=lambda row: (row[0], -row[2]))


def commit_of(checkout: Path) -> str:
    command = ["git", "-C", str(checkout), "describe", "--always", "--dirty"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("other", type=Path, help="the other checkout")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=10, help="of load, each time")
    options = parser.parse_args()
    checkouts = {HERE: ROOT, THERE: options.other.resolve()}
    commits = {name: commit_of(path) for name, path in checkouts.items()}
    with ExitStack() as systems:
        sides = {
            name: asyncio.run(prepare_side(systems.enter_context(run_checkout(path, OFFSETS[name]))))
            for name, path in checkouts.items()
        }
        measure_sides(sides, options.rounds, options.seconds)
    at_rest = " and ".join(f"{sides[name].rest * 100:.0f}" for name in (HERE, THERE))
    introduction = (
        f"Here: {commits[HERE]}, there: {commits[THERE]}, both running, asked in turn, {options.rounds} "
        f"rounds of {options.seconds} s each, 16 connections; medians. Net: without what the system uses at "
        f"rest, {at_rest} % of a core. Goal: {GOAL} at most."
    )
    header = ["what", "where", "req/s", "p50 ms", "CPU ms each", "net", "failed", "ratio", "ratio of net"]
    tables = (
        report.render_table([*header, "of each round"], result_rows(sides)),
        report.render_table(["what", "process", "CPU ms each here", "there"], role_rows(sides)),
    )
    report.write_report("read-price", "What a read costs, beside another commit", introduction, *tables)


if __name__ == "__main__":
    main()
