"""When what was caused is over: its events are through, and the system does no more than at rest."""

import asyncio
import time

import asyncpg

from devstack import servers
from devstack.stack import Stack
from loadtest.measure.processes import cpu_used

PATIENCE_SECONDS = 900
QUIET_SECONDS = 60
LOOK_SECONDS = 2
AT_REST = 1.0
"""Cores all processes use at most, with one other user at work."""


async def events_are_through(stack: Stack) -> None:
    """Wait until the outbox of the task service is empty."""
    connection = await asyncpg.connect(servers.postgres_dsn(stack.addresses, "task"))
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while await connection.fetchval("SELECT EXISTS (SELECT FROM outbox)"):
                await asyncio.sleep(0.1)
    finally:
        await connection.close()


async def everything_is_quiet(stack: Stack) -> None:
    """Wait until the consumers are done, too: until a look at the CPU finds what is used at rest.

    Gives up after a while: whoever works steadily meanwhile, on a slow machine, may use more.
    """
    await events_are_through(stack)
    deadline = time.monotonic() + QUIET_SECONDS
    while time.monotonic() < deadline:
        with cpu_used(stack) as used:
            await asyncio.sleep(LOOK_SECONDS)
        if used.total / LOOK_SECONDS < AT_REST:
            return
