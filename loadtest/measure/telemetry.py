"""`telemetry`: what metrics, traces and logs cost, in CPU of services and sidecars per request.

Three systems one after the other: silent (no metrics, no traces), and watched by Prometheus, Jaeger and
Loki with a tenth and with all of the requests traced. What the watchers use themselves is not counted.
"""

import asyncio
import functools

from devstack.stack import Stack
from loadtest.measure import report
from loadtest.measure.generator import generate_load
from loadtest.measure.processes import Used, cpu_used
from loadtest.measure.system import bearer, measured_system, sign_up_users

SECONDS = 10
ROUNDS = 3
ROUTES = [("a task by id", "/tasks/{id}", ""), ("create", "/tasks", '{"title": "a task"}')]
WAYS = {
    "silent": functools.partial(measured_system, silent=True),
    "a tenth traced": functools.partial(measured_system, observe=True),
    "all traced": functools.partial(measured_system, observe=True, sample_ratio=1),
}


async def a_task(stack: Stack) -> tuple[str, str]:
    """A token and the id of a task."""
    task = {"title": "a task"}
    async with (
        sign_up_users(stack, 1) as (session, (token,)),
        session.post("tasks", json=task, headers=bearer(token)) as response,
    ):
        return token, str((await response.json())["id"])


def own_seconds(used: Used) -> float:
    """CPU seconds of services, sidecars and servers, without what watches them."""
    return used.total - used.seconds.get("other", 0)


def measure_routes(stack: Stack) -> dict[str, float]:
    """CPU milliseconds a request by route, the least of some rounds: others use this machine too."""
    token, id = asyncio.run(a_task(stack))
    found = {}
    for name, path, body in ROUTES:
        url = f"{stack.addresses.edge}/api/v1{path.format(id=id)}"
        generate_load(url, stack.folder.path, headers=bearer(token), body=body, seconds=3)
        costs = []
        for _ in range(ROUNDS):
            with cpu_used(stack) as used:
                done = generate_load(
                    url, stack.folder.path, headers=bearer(token), body=body, seconds=SECONDS
                )
            costs.append(own_seconds(used) / done.requests * 1e3)
        found[name] = min(costs)
    return found


def main() -> None:
    results: dict[str, dict[str, float]] = {}
    for way, system in WAYS.items():
        with system() as stack:
            results[way] = measure_routes(stack)
    rows = []
    for name, _, _ in ROUTES:
        silent = results["silent"][name]
        for way in results:
            cost = results[way][name]
            rows.append([name, way, cost, f"{(cost / silent - 1) * 100:+.0f} %"])
    introduction = (__doc__ or "").partition("\n\n")[2].strip().replace("\n", " ")
    report.write_report(
        "telemetry",
        "What telemetry costs",
        introduction,
        report.render_table(["what", "way", "CPU ms each", "more"], rows),
    )


if __name__ == "__main__":
    main()
