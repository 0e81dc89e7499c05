"""`flat`: lists and searches of one user while the store grows from a thousand to a million tasks.

The stores of all sizes are open at once and asked in turn, so that whatever else the machine does meets
each of them alike. Asked is the task service itself in this process, without sidecars: what is compared
is the work of its one statement and of making the response.
"""

import asyncio
import time
from collections import defaultdict
from contextlib import AsyncExitStack
from pathlib import Path

import asyncpg
import httpx2
from task_service.main import create
from task_service.settings import Settings

from devstack import servers
from devstack.addresses import Addresses
from loadtest.measure import report
from loadtest.measure.flat_store import LARGE, SMALL, insert_tasks
from loadtest.measure.system import measured_postgres
from servicekit.migrations import migrate
from servicekit.security.auth import Principal

SIZES = (1_000, 100_000, 1_000_000)
ROUNDS = 100
WARM_UP = 10
REQUESTS = {
    "newest 50": {"limit": "50"},
    "today": {"saved": "today"},
    "by priority, then due": {"sort": "-priority,due,created"},
    "by title": {"sort": "title"},
    "a filter": {"filter": 'not done and due <= today+7d and (priority >= 3 or label = "l3")', "limit": "10"},
    "a search": {"q": "harbour violin", "limit": "10"},
    "a frequent word": {"q": "milk"},
    "one letter": {"q": "v", "limit": "10"},
    "a search in titles": {"filter": 'title ~ "violin"', "limit": "10"},
    "a search without result": {"q": "nothing like this"},
}
"""Pages of ten where the user with few tasks has no fifty: else the lengths of responses are compared."""
Millis = dict[tuple[str, int, str], list[float]]


class AnyToken:
    """Takes a token for the name of its user."""

    async def verify(self, token: str) -> Principal:
        return Principal(token, "user", "Europe/Berlin", token, 2**40)


async def open_store(stack: AsyncExitStack, url: str, size: int) -> httpx2.AsyncClient:
    """The task service with `size` tasks."""
    app = create(Settings.model_validate({"database_url": url, "DAPR_HTTP_PORT": 1}))
    await migrate(app.state.database)
    await insert_tasks(app.state.database, size, with_large=size == SIZES[-1])
    await stack.enter_async_context(app.router.lifespan_context(app))
    app.state.verifier = AnyToken()
    transport = httpx2.ASGITransport(app)
    client = httpx2.AsyncClient(transport=transport, base_url="http://task")
    return await stack.enter_async_context(client)


async def ask_in_turn(clients: dict[int, httpx2.AsyncClient]) -> Millis:
    taken: Millis = defaultdict(list)
    for turn in range(WARM_UP + ROUNDS):
        for name, parameters in REQUESTS.items():
            for size, client in clients.items():
                for user in ("small", "large") if size == max(clients) else ("small",):
                    started = time.perf_counter()
                    as_user = {"authorization": f"Bearer {user}"}
                    response = await client.get("/tasks", params=parameters, headers=as_user)
                    seconds = time.perf_counter() - started
                    assert response.status_code == 200, response.text
                    if turn >= WARM_UP:
                        taken[name, size, user].append(seconds * 1e3)
    return taken


def result_rows(database: str, taken: Millis) -> list[report.Row]:
    made: list[report.Row] = []
    for name in REQUESTS:
        small = [report.percentile(taken[name, size, "small"], 0.95) for size in SIZES]
        large = report.percentile(taken[name, SIZES[-1], "large"], 0.95)
        made.append([database, name, *small, small[-1] / small[0], large, large / small[-1]])
    return made


async def measure_databases(folder: Path, where: Addresses) -> None:
    found: list[report.Row] = []
    for database in ("PostgreSQL", "SQLite"):
        async with AsyncExitStack() as stack:
            clients = {}
            for size in SIZES:
                url = await empty_database(database, folder, where, size)
                clients[size] = await open_store(stack, url, size)
            found += result_rows(database, await ask_in_turn(clients))
    sizes = [f"{size:,} in the store" for size in SIZES]
    header = ["database", "p95, ms", *sizes, "ratio", f"{LARGE:,} of one user", "ratio"]
    introduction = (
        f"A user with {SMALL} tasks while the store grows, and one with {LARGE:,} in the largest store; "
        f"{ROUNDS} requests of each kind, the stores asked in turn, through the service without sidecars."
    )
    report.write_report("flat", "Flat", introduction, report.render_table(header, found))


async def empty_database(database: str, folder: Path, where: Addresses, size: int) -> str:
    if database == "SQLite":
        return f"sqlite+aiosqlite:///{folder}/{size}.db"
    name = f"flat_{size}"
    admin = await asyncpg.connect(servers.postgres_dsn(where, "postgres"))
    await admin.execute(f'CREATE DATABASE "{name}"')
    await admin.close()
    return servers.postgres_url(where).format(app=name)


def main() -> None:
    with measured_postgres() as (folder, where):
        asyncio.run(measure_databases(folder, where))


if __name__ == "__main__":
    main()
