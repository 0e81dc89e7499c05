"""`commit-to-consumer`: from the change to the consumer's effect, at a steady rate of changes.

The event's own time is taken right before the commit; the consumer's when it claims the event in the
transaction of the effect. One machine, one clock.
"""

import asyncio
import time

import asyncpg

from devstack import servers
from devstack.stack import Stack
from loadtest.measure import report
from loadtest.measure.system import bearer, measured_system, users

RATE = 50
SECONDS = 40
WARM_UP_SECONDS = 5
USERS = 20
LATENCIES = """
    SELECT extract(epoch FROM inbox.handled_at - notification.created_at) * 1000
    FROM inbox JOIN notification ON notification.id = inbox.event_id
    WHERE notification.created_at > $1
"""


async def change_steadily(stack: Stack) -> int:
    """Make changes at RATE a second; returns how many were answered."""
    async with users(stack, USERS) as (session, tokens):

        async def change(number: int) -> int:
            await asyncio.sleep(number / RATE)
            body = {"title": f"task {number}"}
            async with session.post("tasks", json=body, headers=bearer(tokens[number % USERS])) as answer:
                await answer.read()
                return answer.status

        statuses = await asyncio.gather(*(change(number) for number in range(RATE * SECONDS)))
    assert set(statuses) == {201}, set(statuses)
    return len(statuses)


async def measure(stack: Stack) -> None:
    started = time.time()
    changes = await change_steadily(stack)
    connection = await asyncpg.connect(servers.postgres_dsn(stack.addresses, "notification"))
    while await connection.fetchval("SELECT count(*) FROM notification") < changes:
        await asyncio.sleep(0.1)
    since = await connection.fetchval("SELECT to_timestamp($1)", started + WARM_UP_SECONDS)
    found = [float(row[0]) for row in await connection.fetch(LATENCIES, since)]
    await connection.close()
    shares = (0.5, 0.95, 0.99, 1)
    row = [RATE, len(found), *[report.percentile(found, share) for share in shares]]
    header = ["changes/s", "measured", "p50 ms", "p95 ms", "p99 ms", "max ms"]
    told = (
        "From a change in `task`, through outbox, sidecar, Kafka, sidecar, to the effect in `notification`."
    )
    report.write("commit-to-consumer", "Commit to consumer", told, report.table(header, [row]))


if __name__ == "__main__":
    with measured_system() as stack:
        asyncio.run(measure(stack))
