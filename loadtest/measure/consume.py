"""`consume`: events per second through inbox and effect of one replica.

Kafka holds the events already; a fresh replica with an empty database and a new consumer group reads
them from the oldest on.
"""

import asyncio
import tempfile
import time
from pathlib import Path

import asyncpg

from devstack import servers
from devstack.broker import read_topic
from devstack.sidecars import copy_components_with_group
from devstack.stack import Stack
from loadtest.measure import report
from loadtest.measure.processes import Used, cpu_used
from loadtest.measure.system import bearer, measured_system, sign_up_users

USERS = 200
CHANGES = 100
"""Tasks each user gets; every one is an event."""
CONSUMERS = ("analytics", "notification")
COPIES = """
    INSERT INTO outbox (topic, key, event_id, payload, recorded_at)
    SELECT 'todo-events', name, id, replace(replace($1, '@ID@', id), '@USER@', name), now()
    FROM (
        SELECT 'u' || n % $2 AS name, gen_random_uuid()::text AS id FROM generate_series(1, $3) AS n
    ) AS made
"""


async def fill_outbox(stack: Stack) -> int:
    """Record real events of many users in the task service's outbox, and wait until Kafka has them."""
    connection = await asyncpg.connect(servers.postgres_dsn(stack.addresses, "task"))
    payload = await _a_real_event(stack)
    await connection.execute(COPIES, payload, USERS, USERS * CHANGES)
    while await connection.fetchval("SELECT EXISTS (SELECT FROM outbox)"):
        await asyncio.sleep(0.1)
    await connection.close()
    return USERS * CHANGES


async def _a_real_event(stack: Stack) -> str:
    async with (
        sign_up_users(stack, 1) as (session, (token,)),
        session.post(
            "tasks", json={"title": "a task as people write them", "labels": ["home"]}, headers=bearer(token)
        ) as response,
    ):
        assert response.status == 201
    while not (messages := await read_topic(stack.addresses, "todo-events")):
        await asyncio.sleep(0.1)
    event = messages[0].event
    return messages[0].value.decode().replace(event["id"], "@ID@").replace(event["partitionkey"], "@USER@")


async def time_consumer(stack: Stack, app: str, events: int) -> tuple[float, Used]:
    """Start a replica that has seen nothing; seconds from its first event to its last."""
    database = f"{app}_anew"
    admin = await asyncpg.connect(servers.postgres_dsn(stack.addresses, "postgres"))
    await admin.execute(f'CREATE DATABASE "{database}"')
    url = servers.postgres_url(stack.addresses).format(app=database)
    components = copy_components_with_group(Path(tempfile.mkdtemp()), f"{app}-anew")
    replica = stack.add_replica(app, env={"TODO_DATABASE_URL": url}, components=components)
    try:
        connection = await _connect_when_ready(servers.postgres_dsn(stack.addresses, database))
        while not await _count_handled(connection):
            await asyncio.sleep(0.01)
        first, started = await _count_handled(connection), time.monotonic()
        with cpu_used(stack) as used:
            while await _count_handled(connection) < events:
                await asyncio.sleep(0.05)
        rate = (events - first) / (time.monotonic() - started)
        await connection.close()
        return rate, used
    finally:
        stack.remove_replica(replica)
        await admin.close()


async def _connect_when_ready(dsn: str) -> asyncpg.Connection:
    connection = await asyncpg.connect(dsn)
    while not await connection.fetchval("SELECT to_regclass('inbox')"):
        await asyncio.sleep(0.05)
    return connection


async def _count_handled(connection: asyncpg.Connection) -> int:
    return int(await connection.fetchval("SELECT count(*) FROM inbox"))


async def measure_consumers(stack: Stack) -> None:
    events = await fill_outbox(stack)
    rows = []
    for app in CONSUMERS:
        rate, used = await time_consumer(stack, app, events)
        cpu = [used.seconds[role] / events * 1e3 for role in (app, f"{app} sidecar", "postgres", "kafka")]
        rows.append([app, events, rate, *cpu])
    header = ["consumer", "events", "events/s", "ms CPU each: app", "its sidecar", "PostgreSQL", "Kafka"]
    introduction = (
        "One fresh replica reads what Kafka holds: inbox row and effect in one transaction a batch."
    )
    report.write_report("consume", "Consume", introduction, report.render_table(header, rows))


if __name__ == "__main__":
    with measured_system() as stack:
        asyncio.run(measure_consumers(stack))
