"""A system of its own for a measurement, on PostgreSQL unless asked otherwise."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

import aiohttp

from devstack import processes, servers
from devstack.addresses import Addresses, assign_addresses, find_free_offset
from devstack.observe.prometheus import Alerting
from devstack.paths import RunFolder
from devstack.stack import Stack

OFFSET = 6000


@contextmanager
def measured_system(
    *,
    postgres: bool = True,
    observe: bool = False,
    silent: bool = False,
    sample_ratio: float = 0.1,
    settings: Mapping[str, str] | None = None,
    disks: Callable[[Path], AbstractContextManager[None]] | None = None,
) -> Iterator[Stack]:
    """Everything, started for this measurement and stopped after it.

    observe: with all that watches it; silent: without metrics and traces; sample_ratio: share of requests
    that are traced; an environment traces all. settings: more of the environment, by name; what stands there
    goes before the limits this lifts. disks: what servers' folders are mounted from, given the run folder.
    """
    folder = Path(tempfile.mkdtemp(prefix="todo-measure-"))
    folder.chmod(0o755)
    env = dict.fromkeys(("TODO_RATE_LIMIT", "TODO_QUOTA_SIGN_UPS"), "1000000")
    env["TODO_TRACE_SAMPLE_RATIO"] = str(sample_ratio)
    env |= settings or {}
    alerting = Alerting() if observe else None
    stack = Stack(RunFolder(folder), {}, OFFSET, postgres, env, alerting, silent)
    try:
        with disks(folder) if disks else nullcontext():
            stack.up()
            try:
                yield stack
            finally:
                stack.down()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def measured_postgres() -> Iterator[tuple[Path, Addresses]]:
    """PostgreSQL alone: a folder for what is measured with it, and where it listens."""
    folder = RunFolder(Path(tempfile.mkdtemp(prefix="todo-postgres-")))
    folder.path.chmod(0o755)
    folder.make()
    where = assign_addresses(offset=find_free_offset(4000))
    process = servers.start_postgres(folder, where)
    try:
        servers.wait_for_databases(where)
        yield folder.path, where
    finally:
        processes.stop_process(folder, process, seconds=5)
        shutil.rmtree(folder.path)


@asynccontextmanager
async def sign_up_users(stack: Stack, number: int) -> AsyncIterator[tuple[aiohttp.ClientSession, list[str]]]:
    """A client and the access tokens of `number` fresh users."""
    async with aiohttp.ClientSession(f"{stack.addresses.edge}/api/v1/") as session:
        turns = asyncio.Semaphore(8)

        async def sign_up(index: int) -> str:
            account = {"email": f"{index}@example.com", "password": "correct horse"}
            async with turns, session.post("auth/sign-up", json=account) as response:
                body: dict[str, Any] = await response.json()
                return str(body["access_token"])

        yield session, list(await asyncio.gather(*map(sign_up, range(number))))


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}
