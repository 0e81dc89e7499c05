"""`commit-to-browser`: from the change to the open page, at a steady rate of changes.

The task's own `updated_at` is taken right before the commit; the client of the stream notes when it was
told. One machine, one clock.
"""

import asyncio
import time
from datetime import datetime

import aiohttp
import orjson

from devstack.stack import Stack
from loadtest.measure import report
from loadtest.measure.processes import cpu_used
from loadtest.measure.system import bearer, measured_system, sign_up_users

RATE = 50
SECONDS = 40
WARM_UP_SECONDS = 5
USERS = 20
PATIENCE_SECONDS = 30


async def listen_to_stream(
    session: aiohttp.ClientSession, token: str, found: list[float], since: float
) -> None:
    """Note how long after its change each created task is told."""
    async with session.get("stream", headers=bearer(token), timeout=aiohttp.ClientTimeout(None)) as response:
        kind = ""
        async for raw in response.content:
            line = raw.decode().rstrip("\n")
            if line.startswith("event: "):
                kind = line.removeprefix("event: ")
            elif line.startswith("data: ") and kind == "todo.task.created.v1":
                changed = datetime.fromisoformat(orjson.loads(line[6:])["task"]["updated_at"]).timestamp()
                found.append((time.time() - changed) * 1000 if changed > since else -1)


async def measure_live_updates(stack: Stack) -> None:
    found: list[float] = []
    async with sign_up_users(stack, USERS) as (session, tokens):
        since = time.time() + WARM_UP_SECONDS
        listening = [asyncio.create_task(listen_to_stream(session, token, found, since)) for token in tokens]

        async def create_task(number: int) -> None:
            await asyncio.sleep(number / RATE)
            body = {"title": f"task {number}"}
            async with session.post("tasks", json=body, headers=bearer(tokens[number % USERS])) as response:
                assert response.status == 201, await response.text()

        with cpu_used(stack) as used:
            await asyncio.gather(*(create_task(number) for number in range(RATE * SECONDS)))
            async with asyncio.timeout(PATIENCE_SECONDS):
                while len(found) < RATE * SECONDS:
                    await asyncio.sleep(0.1)
        for task in listening:
            task.cancel()
        await asyncio.gather(*listening, return_exceptions=True)
    received = [latency for latency in found if latency >= 0]
    shares = (0.5, 0.95, 0.99, 1)
    row = [RATE, len(received), *[report.percentile(received, share) for share in shares]]
    header = ["changes/s", "measured", "p50 ms", "p95 ms", "p99 ms", "max ms"]
    text = "From a change in `task`, through outbox, sidecar, Kafka, sidecar, to a client of `GET /stream`."
    cpu = sorted(used.seconds.items(), key=lambda item: -item[1])
    spent = [[role, seconds / (RATE * SECONDS) * 1e3] for role, seconds in cpu]
    tables = report.render_table(header, [row]), report.render_table(["process", "ms CPU a change"], spent)
    report.write_report("commit-to-browser", "Commit to browser", text, *tables)


if __name__ == "__main__":
    with measured_system() as stack:
        asyncio.run(measure_live_updates(stack))
