"""`commit-to-consumer`: from the change to the consumer's effect, at a steady rate of changes.

The event's own time is taken right before the commit; the consumer's when it claims the event in the
transaction of the effect. One machine, one clock.
"""

import asyncio
import time
from datetime import datetime

import asyncpg

from devstack import servers
from devstack.broker import read_topic
from devstack.stack import Stack
from loadtest.measure import report
from loadtest.measure.system import bearer, measured_system, sign_up_users

RATE = 50
SECONDS = 40
WARM_UP_SECONDS = 5
USERS = 20


async def change_steadily(stack: Stack) -> int:
    """Make changes at RATE a second; returns how many were answered."""
    async with sign_up_users(stack, USERS) as (session, tokens):

        async def create_task(number: int) -> int:
            await asyncio.sleep(number / RATE)
            body = {"title": f"task {number}"}
            async with session.post("tasks", json=body, headers=bearer(tokens[number % USERS])) as response:
                await response.read()
                return response.status

        statuses = await asyncio.gather(*(create_task(number) for number in range(RATE * SECONDS)))
    assert set(statuses) == {201}, set(statuses)
    return len(statuses)


async def measure_latency(stack: Stack) -> None:
    started = time.time()
    changes = await change_steadily(stack)
    connection = await asyncpg.connect(servers.postgres_dsn(stack.addresses, "notification"))
    while await connection.fetchval("SELECT count(*) FROM known_task") < changes:
        await asyncio.sleep(0.1)
    rows = await connection.fetch("SELECT event_id, handled_at FROM inbox")
    await connection.close()
    handled = {row["event_id"]: row["handled_at"].timestamp() for row in rows}
    published = {
        each.event["id"]: each.event["time"] for each in await read_topic(stack.addresses, "todo-events")
    }
    since = started + WARM_UP_SECONDS
    times = {id: datetime.fromisoformat(time).timestamp() for id, time in published.items() if id in handled}
    found = [(handled[id] - time) * 1000 for id, time in times.items() if time > since]
    shares = (0.5, 0.95, 0.99, 1)
    row = [RATE, len(found), *[report.percentile(found, share) for share in shares]]
    header = ["changes/s", "measured", "p50 ms", "p95 ms", "p99 ms", "max ms"]
    meaning = (
        "From a change in `task`, through outbox, sidecar, Kafka, sidecar, to the effect in `notification`."
    )
    report.write_report(
        "commit-to-consumer", "Commit to consumer", meaning, report.render_table(header, [row])
    )


if __name__ == "__main__":
    with measured_system() as stack:
        asyncio.run(measure_latency(stack))
