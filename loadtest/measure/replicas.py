"""`replicas`: how much more a second replica of `task` answers.

A process of Python uses one core, so a service uses more of them by having more replicas. Both are asked at
their own ports, without the edge and sidecars, which would need the same cores; then by the edge's sidecar,
which finds both and takes turns. One replica is asked before and after, as machines change their pace.
"""

import asyncio
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from statistics import mean

import aiohttp

from contracts.names import App
from devstack.addresses import AppAddress
from devstack.stack import Stack
from loadtest.measure import report
from loadtest.measure.generator import Load, generate_load
from loadtest.measure.processes import cpu_used
from loadtest.measure.system import bearer, measured_system, sign_up_users

TASKS = 100
SECONDS = 10
READY_SECONDS = 60
PATH = f"/tasks?limit={TASKS}"


@dataclass(slots=True)
class WayResult:
    """What was seen of one way to ask, by number of replicas."""

    rates: dict[int, list[float]] = field(default_factory=lambda: {1: [], 2: []})
    cores: dict[int, list[float]] = field(default_factory=lambda: {1: [], 2: []})
    """Used by `task`."""
    failed: int = 0

    def record_run(self, replicas: int, loads: Sequence[Load], cores: float) -> None:
        self.rates[replicas].append(sum(each.rate for each in loads))
        self.cores[replicas].append(cores)
        self.failed += sum(each.failed for each in loads)

    def result_row(self, how: str) -> report.Row:
        one, two = (mean(self.rates[number]) for number in (1, 2))
        cores = [round(mean(self.cores[number]), 2) for number in (1, 2)]
        return [how, one, cores[0], two, cores[1], round(two / one, 2), self.failed]


@dataclass(frozen=True, slots=True)
class Way:
    """Whom to ask, each by a generator of its own, and with which headers."""

    urls: tuple[str, ...]
    headers: dict[str, str]

    def run_generators(self, stack: Stack, replicas: int, result: WayResult) -> None:
        folders = [stack.folder.path / f"generator-{number}" for number in range(len(self.urls))]
        for folder in folders:
            folder.mkdir(exist_ok=True)
        began = time.perf_counter()
        with cpu_used(stack) as used, ThreadPoolExecutor() as pool:
            made = [
                pool.submit(generate_load, url, folder, headers=self.headers, seconds=SECONDS)
                for url, folder in zip(self.urls, folders, strict=True)
            ]
            loads = [each.result() for each in made]
        took = time.perf_counter() - began
        result.record_run(replicas, loads, used.seconds[App.TASK] / took)


def build_ways(stack: Stack, instances: Sequence[AppAddress], token: str) -> dict[str, Way]:
    environment = stack.environment()
    direct = bearer(token) | {"dapr-api-token": environment["APP_API_TOKEN"]}
    invoked = bearer(token) | {"dapr-api-token": environment["DAPR_API_TOKEN"], "dapr-app-id": App.TASK}
    sidecar = stack.addresses.app(App.FRONTEND).sidecar_url
    return {
        "each at its own port": Way(tuple(each.url + PATH for each in instances), direct),
        "by the edge's sidecar": Way((sidecar + PATH,), invoked),
    }


async def create_tasks(stack: Stack) -> str:
    """The token of somebody with tasks."""
    async with sign_up_users(stack, 1) as (session, (token,)):
        for number in range(TASKS):
            async with session.post("tasks", json={"title": f"task {number}"}, headers=bearer(token)) as made:
                made.raise_for_status()
    return token


async def wait_until_ready(instance: AppAddress) -> None:
    until = time.monotonic() + READY_SECONDS
    async with aiohttp.ClientSession() as session:
        while time.monotonic() < until:
            try:
                async with session.get(f"{instance.url}/readyz") as response:
                    if response.ok:
                        return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.3)
    raise AssertionError(f"{instance.name} is not ready within {READY_SECONDS} s")


def measure_replicas(stack: Stack) -> dict[str, WayResult]:
    token = asyncio.run(create_tasks(stack))
    first = stack.addresses.app(App.TASK)
    seen = {how: WayResult() for how in build_ways(stack, [first], token)}

    def measure_instances(*instances: AppAddress) -> None:
        for how, way in build_ways(stack, instances, token).items():
            way.run_generators(stack, len(instances), seen[how])

    measure_instances(first)
    second = stack.add_replica(App.TASK)
    asyncio.run(wait_until_ready(second))
    time.sleep(2)  # until the edge's sidecar has heard of it
    measure_instances(first, second)
    measure_instances(first, second)
    stack.remove_replica(second)
    measure_instances(first)
    return seen


def main() -> None:
    with measured_system() as stack:
        seen = measure_replicas(stack)
    introduction = (
        f"Lists of {TASKS} tasks, 16 connections for each generator, {SECONDS} s a turn: one replica, "
        "two, two, one. Where all cores are busy with one replica, two can't answer more."
    )
    header = ["asked", "one: req/s", "cores of task", "two: req/s", "cores of task", "ratio", "failed"]
    report.write_report(
        "replicas",
        "A second replica",
        introduction,
        report.render_table(header, [each.result_row(how) for how, each in seen.items()]),
    )


if __name__ == "__main__":
    main()
