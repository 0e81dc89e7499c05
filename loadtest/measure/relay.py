"""`relay`: events per second from a full outbox to Kafka, in order per user.

The outbox of the task service is filled while its relay has nothing to do; the time until it is empty
again is what counts. Afterwards Kafka is read to see that every user's events are in order.
"""

import asyncio
import json
import time
from contextlib import nullcontext
from datetime import UTC, datetime

import asyncpg

from devstack import servers
from devstack.broker import read_topic
from devstack.faults import find_app_pids, find_sidecar_pids, pause_processes
from devstack.stack import Stack
from loadtest.measure import report
from loadtest.measure.processes import Used, cpu_used
from loadtest.measure.system import measured_system

EVENTS = 50_000
ROUNDS = ((200, True), (200, False), (20, False), (1, False))
"""Users, and whether the consumers are at work on the same machine meanwhile."""
CONSUMERS = ("notification", "analytics", "frontend")


async def fill_outbox(connection: asyncpg.Connection, users: int, round: int) -> None:
    """Record events of about 1 kB, the users taking turns."""
    now = datetime.now(UTC)
    rows = []
    for number in range(EVENTS if users > 1 else EVENTS // 25):
        user = f"r{round}u{number % users}"
        event = {
            "specversion": "1.0",
            "id": f"{round}-{number}",
            "source": "/services/task",
            "type": "todo.measured.v1",
            "subject": "s",
            "time": now.isoformat(),
            "datacontenttype": "application/json",
            "partitionkey": user,
            "traceid": "",
            "traceparent": "",
            "data": {"number": number, "filler": "x" * 700},
        }
        rows.append(("todo-events", user, event["id"], json.dumps(event), now))
    await connection.copy_records_to_table(
        "outbox", records=rows, columns=["topic", "key", "event_id", "payload", "recorded_at"]
    )


async def time_relay(stack: Stack, users: int, round: int) -> tuple[int, float, Used]:
    """Fill the outbox and wait until it is empty; events, seconds and CPU."""
    connection = await asyncpg.connect(servers.postgres_dsn(stack.addresses, "task"))
    await fill_outbox(connection, users, round)
    events = await connection.fetchval("SELECT count(*) FROM outbox")
    started = time.monotonic()
    with cpu_used(stack) as used:
        while await connection.fetchval("SELECT EXISTS (SELECT FROM outbox)"):
            await asyncio.sleep(0.05)
    seconds = time.monotonic() - started
    await connection.close()
    return events, seconds, used


async def assert_in_order(stack: Stack) -> int:
    """Every user's events in the order they were recorded; the number of repeats."""
    latest: dict[str, int] = {}
    repeats = 0
    for message in await read_topic(stack.addresses, "todo-events"):
        number = message.event["data"]["number"]
        if number <= latest.get(message.key, -1):
            repeats += 1
        latest[message.key] = max(number, latest.get(message.key, -1))
    return repeats


def _consumer_pids(stack: Stack) -> list[int]:
    return [
        pid
        for app in CONSUMERS
        for pid in find_sidecar_pids(stack.folder, app) + find_app_pids(stack.folder, app)
    ]


async def measure_relay(stack: Stack) -> None:
    rows = []
    for round, (users, consumers) in enumerate(ROUNDS):
        with nullcontext() if consumers else pause_processes(_consumer_pids(stack)):
            events, seconds, used = await time_relay(stack, users, round)
        per_event = 1e6 / events
        rows.append(
            [users, "at work" if consumers else "stopped", events, events / seconds]
            + [used.seconds[role] * per_event for role in ("task", "task sidecar", "kafka", "postgres")]
        )
    repeats = await assert_in_order(stack)
    header = [
        "users",
        "consumers",
        "events",
        "events/s",
        "µs CPU each: task",
        "its sidecar",
        "Kafka",
        "PostgreSQL",
    ]
    introduction = (
        "From a full outbox through the sidecar to Kafka, acknowledged and deleted. Of each user at most "
        f"one event is in flight, so few users are slower. Read back from Kafka: in order, {repeats} repeats."
    )
    report.write_report("relay", "Relay", introduction, report.render_table(header, rows))


if __name__ == "__main__":
    with measured_system() as stack:
        asyncio.run(measure_relay(stack))
