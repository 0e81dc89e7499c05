"""`make load`: Locust on a system of its own, on PostgreSQL.

pace: USERS for SECONDS; staircase: from few to USERS, SECONDS a step; overload: ten times USERS for
SECONDS between two normal times. Writes loadtest/reports/load-….json, Locust's own report as HTML beside it,
docs/PERFORMANCE.md and docs/SCALE.md.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

from devstack.paths import ROOT
from devstack.stack import Stack
from loadtest.load import accounts, page, results, samples
from loadtest.load.cpu import Look, looked_at
from loadtest.load.plan import PATIENCE_SECONDS, Plan, plan_overload, plan_staircase, plan_steady_load
from loadtest.load.signing_up import make_accounts
from loadtest.measure import report
from loadtest.measure.system import measured_system
from loadtest.scale import page as scale

KINDS = {"pace": plan_steady_load, "staircase": plan_staircase, "overload": plan_overload}
DEFAULTS = {"pace": (1_000, 4.7, 180.0), "staircase": (2_000, 1.0, 40.0), "overload": (100, 1.0, 60.0)}
"""Users, pace, and seconds."""
NICE = -10
"""Of the generator, where it may: who waits for a processor itself measures its own waiting."""


def run_load(plan: Plan, number: int) -> results.Result:
    """number: of accounts; where users are more, some share one, as one person's devices do."""
    with measured_system() as stack:
        folder = stack.folder.path
        began = time.monotonic()
        accounts.write_accounts(folder / "accounts.json", asyncio.run(make_accounts(stack, number)))
        prepared = time.monotonic() - began
        plan.write(folder / "plan.json")
        looks = run_locust(stack, plan)
        seen = results.Seen(samples.read_samples(folder / "samples.csv"), looks, **read_times(folder))
        found = results.compute_result(plan, seen)
    made = {"number": number, "seconds": round(prepared, 1)}
    about = {
        "commit": report.describe_commit(),
        "machine": report.describe_machine(),
        "processors": os.cpu_count(),
    }
    return about | {"accounts": made} | found


def run_locust(stack: Stack, plan: Plan) -> list[Look]:
    """Let Locust work through the plan."""
    html = report.FOLDER / f"{plan.name}.html"
    command = [sys.executable, "-m", "locust", "-f", str(Path(__file__).parents[1] / "planned.py")]
    command += ["--headless", "--only-summary", "--exit-code-on-error", "0", "--html", str(html)]
    command += ["--stop-timeout", str(PATIENCE_SECONDS + 2)]
    env = os.environ | {"LOAD_FOLDER": str(stack.folder.path), "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen([*command, "--host", stack.addresses.edge], cwd=ROOT, env=env)
    put_first(process.pid)
    try:
        with looked_at(stack, process.pid) as looks:
            process.wait(plan.seconds + 120)
    finally:
        process.kill()
    return looks


def put_first(pid: int) -> None:
    """Before other processes, and its session before other ones, which Linux weighs first (`sched(7)`)."""
    with suppress(psutil.AccessDenied, OSError):
        psutil.Process(pid).nice(NICE)
        Path(f"/proc/{pid}/autogroup").write_text(str(NICE))


def read_times(folder: Path) -> dict[str, Any]:
    times: dict[str, Any] = json.loads((folder / "begun.json").read_text())
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("--users", type=int)
    parser.add_argument("--pace", type=float, help="seconds between requests of a user")
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--accounts", type=int, help="as many as users, by default")
    options = parser.parse_args()
    users, pace, seconds = DEFAULTS[options.kind]
    make = KINDS[options.kind]
    plan = make(options.users or users, options.pace or pace, options.seconds or seconds)
    print(results.write_result(plan.name, run_load(plan, options.accounts or plan.users)))
    page.write_page()
    scale.write_page()


if __name__ == "__main__":
    main()
