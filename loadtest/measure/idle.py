"""`idle`: what the system uses while nobody asks anything: CPU and memory of each process."""

import asyncio
import time

from devstack.stack import Stack
from loadtest.measure import report
from loadtest.measure.processes import cpu_used, memory_held
from loadtest.measure.quiet import everything_is_quiet
from loadtest.measure.system import bearer, measured_system, sign_up_users

SECONDS = 60
SETTLING_SECONDS = 30
GOAL_PERCENT = 5
GOAL_MIB = 1200
DATABASE = "postgres"


async def use_it_a_little(stack: Stack) -> None:
    """Whatever is made at first use is made: connections, statements, consumers."""
    async with sign_up_users(stack, 2) as (session, tokens):
        for token in tokens:
            async with session.post("tasks", json={"title": "a task"}, headers=bearer(token)) as response:
                assert response.status == 201, await response.text()
    await everything_is_quiet(stack)


def measure_idle(stack: Stack) -> None:
    asyncio.run(use_it_a_little(stack))
    time.sleep(SETTLING_SECONDS)
    with cpu_used(stack) as used:
        time.sleep(SECONDS)
    percent = {role: seconds / SECONDS * 100 for role, seconds in used.seconds.items()}
    mebibytes = memory_held(stack)
    roles = sorted(percent, key=lambda role: -percent[role])
    rows: list[report.Row] = [[role, percent[role], mebibytes.get(role, 0.0)] for role in roles]
    beside = sum(held for role, held in mebibytes.items() if role != DATABASE)
    rows += [
        ["all", sum(percent.values()), sum(mebibytes.values())],
        [f"all but {DATABASE}", sum(percent.values()) - percent.get(DATABASE, 0), beside],
    ]
    introduction = (
        f"{SECONDS} seconds without a request, after two accounts had made a task each; what several "
        f"processes map counts in parts. Goals: under {GOAL_PERCENT} % of a core for all, under "
        f"{GOAL_MIB} MiB for all but {DATABASE}."
    )
    report.write_report(
        "idle", "At rest", introduction, report.render_table(["process", "% of a core", "MiB resident"], rows)
    )


if __name__ == "__main__":
    with measured_system() as stack:
        measure_idle(stack)
