"""`storage`: bytes a task takes in PostgreSQL, by table with its indexes, and in the event it causes.

Made through the task service in this process, as people make them; nobody takes its events away.
"""

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from uuid import uuid4

import asyncpg
import httpx2

from devstack import servers
from devstack.addresses import Addresses
from loadtest.measure import report
from loadtest.measure.flat import empty_database, open_store
from loadtest.measure.system import bearer, measured_postgres

BEFORE = 1_000
"""Tasks in the store already, so that its indexes have pages."""
BATCHES, AT_ONCE = 60, 100
SHOWN_BYTES = 5
_SIZES = "SELECT relname, pg_total_relation_size(oid) FROM pg_class WHERE relkind = 'r' AND relnamespace = "
_SIZES += "'public'::regnamespace"


async def create_tasks(client: httpx2.AsyncClient) -> None:
    for number in range(BATCHES):
        commands = [_task_body(number * AT_ONCE + each) for each in range(AT_ONCE)]
        response = await client.post(
            "/batch", json={"commands": commands}, headers=bearer(f"user-{number % 10}")
        )
        assert {each["status"] for each in response.json()["results"]} == {201}, response.text


def _task_body(number: int) -> dict[str, object]:
    body = {"title": f"task {number} as people write them", "notes": "with a line of notes", "priority": 3}
    return {"uuid": str(uuid4()), "type": "task.create", "body": body}


async def measure_storage(folder: Path, where: Addresses) -> None:
    async with AsyncExitStack() as stack:
        url = await empty_database("PostgreSQL", folder, where, BEFORE)
        client = await open_store(stack, url, BEFORE)
        connection = await asyncpg.connect(servers.postgres_dsn(where, f"flat_{BEFORE}"))
        before = dict(await connection.fetch(_SIZES))
        await create_tasks(client)
        after = dict(await connection.fetch(_SIZES))
        event = float(await connection.fetchval("SELECT avg(octet_length(payload)) FROM outbox"))
        await connection.close()
    introduction = (
        f"{BATCHES * AT_ONCE:,} tasks of ten users, made in batches through the service; its outbox left out."
    )
    report.write_report(
        "storage",
        "Storage",
        introduction,
        report.render_table(["what", "bytes a task"], result_rows(before, after, event)),
    )


def result_rows(before: Mapping[str, int], after: Mapping[str, int], event: float) -> list[report.Row]:
    """Each table, all of them, and the event."""
    each = {name: (size - before.get(name, 0)) / (BATCHES * AT_ONCE) for name, size in after.items()}
    del each["outbox"]
    shown = sorted((name for name, size in each.items() if size >= SHOWN_BYTES), key=lambda name: -each[name])
    tables: list[report.Row] = [[f"table {name}", each[name]] for name in shown]
    return [*tables, ["all tables", sum(each.values())], ["event", event]]


if __name__ == "__main__":
    with measured_postgres() as (folder, where):
        asyncio.run(measure_storage(folder, where))
