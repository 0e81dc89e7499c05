"""`reminders`: 10,000 of them due within a minute, and at one instant: how late each comes.

They are written into the service's own tables; from there on everything is real: the worker sets the
jobs, the scheduler calls, the service fires, the relay publishes. Late is from the instant to the moment
somebody else can see the entry in the inbox, looked at every LOOK_SECONDS; reminders fire in the order in
which they are due, so the first entries are those of the first instants.
"""

import asyncio
import time

import asyncpg
from asyncpg import Connection

from devstack import servers
from devstack.stack import Stack
from loadtest.measure import report
from loadtest.measure.processes import cpu_used
from loadtest.measure.system import measured_system

NUMBER = 10_000
USERS = 500
LEAD_SECONDS = 30
PATIENCE_SECONDS = 180
LOOK_SECONDS = 0.05
FILL = """
    INSERT INTO reminder (id, user_id, kind, title, at, remind_at, state, late, created_at)
    SELECT gen_random_uuid()::text, 'u' || n % $1::int, 'own', 'a reminder', at, at, 'planned', false, now()
    FROM (
        SELECT n, date_trunc('second', to_timestamp($2::float8 + n * $3::float8 / $4::int)) AS at
        FROM generate_series(0, $4::int - 1) AS n
    ) AS made
"""
WAKE = """
    INSERT INTO wake_up (at, is_set) SELECT DISTINCT remind_at, false FROM reminder
    WHERE state = 'planned' ON CONFLICT DO NOTHING
"""
DUE = "SELECT extract(epoch FROM remind_at) FROM reminder ORDER BY remind_at"


async def read_notification_times(connection: Connection, deadline: float) -> list[float]:
    """When each entry was there to be seen, in order (Unix time, seconds)."""
    found: list[float] = []
    while len(found) < NUMBER:
        assert time.time() < deadline, f"only {len(found)} fired"
        number = await connection.fetchval("SELECT count(*) FROM notification")
        found += [time.time()] * (number - len(found))
        await asyncio.sleep(LOOK_SECONDS)
    return found


async def measure_spread(stack: Stack, spread: float) -> list[object]:
    """Reminders spread over so many seconds; a row of the report."""
    connection = await asyncpg.connect(servers.postgres_dsn(stack.addresses, "notification"))
    await connection.execute("TRUNCATE reminder, notification, delivery, wake_up")
    due = time.time() + LEAD_SECONDS
    await connection.execute(FILL, USERS, due, spread, NUMBER)
    await connection.execute(WAKE)
    jobs = await connection.fetchval("SELECT count(*) FROM wake_up")
    instants = [float(row[0]) for row in await connection.fetch(DUE)]
    with cpu_used(stack) as used:
        fired = await read_notification_times(connection, due + spread + PATIENCE_SECONDS)
    late = [at - instant for at, instant in zip(fired, instants, strict=True)]
    await connection.close()
    cpu = [used.seconds[role] / NUMBER * 1e3 for role in ("notification", "notification sidecar", "postgres")]
    shares = (0.5, 0.99, 1)
    return [f"{spread:.0f} s", NUMBER, jobs, *[report.percentile(late, share) for share in shares], *cpu]


async def measure_reminders(stack: Stack) -> None:
    rows = [await measure_spread(stack, 60), await measure_spread(stack, 0)]
    header = ["due within", "reminders", "jobs", "p50 s late", "p99 s late", "max s late"]
    header += ["ms CPU each: app", "its sidecar", "PostgreSQL"]
    introduction = "From the instant of a reminder to its entry in the inbox, on the real scheduler."
    report.write_report("reminders", "Reminders", introduction, report.render_table(header, rows))


if __name__ == "__main__":
    with measured_system() as stack:
        asyncio.run(measure_reminders(stack))
