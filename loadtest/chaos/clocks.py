"""A replica whose clock is wrong."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from contracts.names import App
from devstack.health import list_checks_of
from devstack.paths import TOOLS
from devstack.stack import Stack
from devstack.toolbox.debian import unpack_packages
from tests.system.waiting import eventually

START_SECONDS = 60


@dataclass(frozen=True, slots=True)
class FakeClock:
    """libfaketime, from Debian's package: a library, so no program that `DebianTool` could find."""

    name: str = "libfaketime"

    def find(self) -> Path | None:
        return next((TOOLS / self.name).glob("usr/lib/*/faketime/libfaketime.so.1"), None)

    def install(self) -> None:
        unpack_packages(self.name, [self.name], TOOLS / self.name)


CLOCK = FakeClock()


@asynccontextmanager
async def skewed_replica(stack: Stack, app: App, seconds: int) -> AsyncIterator[None]:
    """One more replica of a service, whose clock is so far ahead (or behind) while the block runs.

    Its monotonic clock is right, as it is where somebody sets a wrong time.
    """
    library = CLOCK.find()
    assert library, "libfaketime is not there"
    env = {"LD_PRELOAD": str(library), "FAKETIME": f"{seconds:+d}s", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
    replica = await asyncio.to_thread(stack.add_replica, app, env=env)
    checks = list_checks_of(replica)

    async def look() -> list[bool]:
        return await asyncio.gather(*[asyncio.to_thread(check.passes) for check in checks])

    try:
        await eventually(look, all, START_SECONDS)
        yield
    finally:
        await asyncio.to_thread(stack.remove_replica, replica)
