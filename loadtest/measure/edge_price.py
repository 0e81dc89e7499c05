"""`bare` and `invoke`: what the architecture costs.

The same routes through edge, two sidecars and the task service, and on plain FastAPI with the same
PostgreSQL; and one empty call through two sidecars and straight. All in one run, one after the other.
"""

import asyncio
import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg

from devstack import servers
from devstack.addresses import HOST
from devstack.credentials import ensure_secrets
from devstack.stack import Stack
from loadtest.measure import report
from loadtest.measure.generator import Load, generate_load
from loadtest.measure.processes import cpu_used
from loadtest.measure.system import OFFSET, bearer, measured_system, sign_up_users

BARE_PORT = 8900 + OFFSET
FIRST_TASKS = 50
BODY = json.dumps({"title": "a task as people write them", "priority": 3})


@contextmanager
def bare_app(stack: Stack) -> Iterator[tuple[str, int]]:
    """The plain service on a database of its own; its address and pid."""
    url = servers.postgres_url(stack.addresses).format(app="bare")
    command = [sys.executable, "-m", "uvicorn", "loadtest.measure.bare_app:app", "--port", str(BARE_PORT)]
    options = ["--no-access-log", "--loop", "uvloop", "--http", "httptools", "--log-level", "warning"]
    process = subprocess.Popen([*command, *options], env={**os.environ, "BARE_DATABASE_URL": url})
    address = f"http://{HOST}:{BARE_PORT}"
    try:
        _wait_for(f"{address}/tasks")
        yield address, process.pid
    finally:
        process.terminate()
        process.wait()


def _wait_for(url: str) -> None:
    while True:
        try:
            urllib.request.urlopen(url, timeout=1).close()
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
        else:
            return


async def create_tasks(stack: Stack) -> tuple[str, str]:
    """A user with a list of tasks; the token and one task's id."""
    admin = await asyncpg.connect(servers.postgres_dsn(stack.addresses, "postgres"))
    await admin.execute("CREATE DATABASE bare")
    await admin.close()
    async with sign_up_users(stack, 1) as (session, (token,)):
        for number in range(FIRST_TASKS):
            async with session.post(
                "tasks", json={"title": f"task {number}"}, headers=bearer(token)
            ) as response:
                id = (await response.json())["id"]
    return token, id


def fill_bare(address: str) -> str:
    """As many tasks as the user has; one's id."""
    for _ in range(FIRST_TASKS):
        request = urllib.request.Request(
            f"{address}/tasks", BODY.encode(), {"content-type": "application/json"}
        )
        with urllib.request.urlopen(request) as response:
            id = json.load(response)["id"]
    return str(id)


def measure_gateway(stack: Stack) -> None:
    token, id = asyncio.run(create_tasks(stack))
    edge, headers = f"{stack.addresses.edge}/api/v1", bearer(token)
    rows: list[report.Row] = []
    with bare_app(stack) as (bare, pid):
        bare_id = fill_bare(bare)
        for route, path, bare_path, body in [
            ("a task by id", f"/tasks/{id}", f"/tasks/{bare_id}", ""),
            ("a list of 50", "/tasks", "/tasks", ""),
            ("create", "/tasks", "/tasks", BODY),
        ]:
            rows += _compare_routes(
                stack, route, (edge + path, headers), (bare + bare_path, {}), ("edge", "bare"), pid, body
            )
    rows += _compare_invocation(stack)
    header = ["what", "way", "req/s", "p50 ms", "p99 ms", "failed", "CPU ms each", "ratio of CPU"]
    introduction = (
        "`edge`: edge, two sidecars, task service (token verified, idempotency key, outbox, relay, Kafka "
        "and all consumers counted). `bare`: plain FastAPI, no sign-in. `invoke`: an empty call."
    )
    report.write_report(
        "edge-price", "What the architecture costs", introduction, report.render_table(header, rows)
    )


def _compare_invocation(stack: Stack) -> list[report.Row]:
    task, frontend = stack.addresses.app("task"), stack.addresses.app("frontend")
    token = ensure_secrets(stack.folder)["dapr-api"]["token"]
    through = (f"{frontend.sidecar_url}/healthz", {"dapr-app-id": "task", "dapr-api-token": token})
    return _compare_routes(
        stack, "an empty call", through, (f"{task.url}/healthz", {}), ("invoke", "direct"), 0, ""
    )


Target = tuple[str, dict[str, str]]


def _compare_routes(
    stack: Stack, route: str, ours: Target, other: Target, names: tuple[str, str], pid: int, body: str
) -> list[report.Row]:
    """A row each; CPU is that of every process but the generator."""
    results = []
    for url, headers in (ours, other):
        generate_load(url, stack.folder.path, headers=headers, body=body, seconds=2)
        with cpu_used(stack, *([pid] if pid else [])) as used:
            found = generate_load(url, stack.folder.path, headers=headers, body=body)
        results.append((found, used.total / found.requests * 1e3))
    ratio = results[0][1] / results[1][1]
    return [
        _result_row(route, names[0], *results[0], f"{ratio:.1f}"),
        _result_row(route, names[1], *results[1], "1"),
    ]


def _result_row(route: str, way: str, found: Load, cpu: float, ratio: str) -> report.Row:
    return [route, way, found.rate, found.p50, found.p99, found.failed, cpu, ratio]


if __name__ == "__main__":
    with measured_system() as stack:
        measure_gateway(stack)
