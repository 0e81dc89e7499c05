"""The table of faults: what is done to the system, to which part, for how long."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial

from contracts.names import App
from devstack import faults, processes
from devstack.stack import Stack
from loadtest.chaos.clocks import skewed_replica
from loadtest.chaos.disks import SIZES, full_disk
from loadtest.chaos.network import cut_ports, list_ports_between
from tests.system.waiting import eventually

SERVERS = ("kafka", "redis", "scheduler", "postgres")
SECONDS = 20
"""That a fault lasts which is not over at once."""
SKEWED_SECONDS = 120
SKEWED = (App.USER, App.TASK, App.NOTIFICATION)
"""Who issues tokens, who verifies them, who fires reminders."""
SLOW = {"stop_seconds": 0.09, "run_seconds": 0.01}
"""PostgreSQL runs for a tenth of the time, so that every statement waits for up to 90 ms."""
READY_SECONDS = 90

Injection = Callable[[Stack], AbstractAsyncContextManager[None]]


@dataclass(frozen=True, slots=True)
class Fault:
    """inject: a block that breaks something; where the block ends it is mended. seconds: how long the block
    is to last, 0 for what is over at once. is_instant: recovery counts from the moment it begins.
    needs_root: it is made of mounts or packet filters.
    """

    name: str
    inject: Injection
    seconds: float = 0
    is_instant: bool = False
    needs_root: bool = False


def list_faults(seconds: float = SECONDS) -> list[Fault]:
    """All of them, in the order of the page."""
    return [*_list_kills(), *_list_stops(seconds), *_list_others(seconds)]


def _list_kills() -> Iterator[Fault]:
    for app in App:
        yield Fault(f"kill -9: {app}", partial(_kill_found, faults.find_app_pids, app), is_instant=True)
    for app in App:
        inject = partial(_kill_found, faults.find_sidecar_pids, app)
        yield Fault(f"kill -9: sidecar of {app}", inject, is_instant=True)
    for server in SERVERS:
        yield Fault(f"kill -9: {server}", partial(_kill_server, server), is_instant=True)


def _list_stops(seconds: float) -> Iterator[Fault]:
    for app in App:
        yield Fault(f"stopped: {app}", partial(_pause_found, faults.find_app_pids, app), seconds)
    for app in App:
        yield Fault(
            f"stopped: sidecar of {app}", partial(_pause_found, faults.find_sidecar_pids, app), seconds
        )
    for server in SERVERS:
        yield Fault(f"stopped: {server}", partial(_pause_server, server), seconds)


def _list_others(seconds: float) -> Iterator[Fault]:
    for server in SIZES:
        yield Fault(f"disk full: {server}", partial(_fill_disk, server), seconds, needs_root=True)
    for app in App:
        yield Fault(f"network cut: {app} from its sidecar", partial(_cut_app, app), seconds, needs_root=True)
    for server in ("kafka", "postgres"):
        yield Fault(f"network cut: {server} from all", partial(_cut_server, server), seconds, needs_root=True)
    yield Fault("slow database", _slow_database, seconds)
    for app in SKEWED:
        for ahead in (SKEWED_SECONDS, -SKEWED_SECONDS):
            where = "ahead" if ahead > 0 else "behind"
            inject = partial(_skew_clock, app, ahead)
            yield Fault(f"clock of a replica of {app} {abs(ahead)} s {where}", inject, seconds)
    yield Fault("rolling restart of everything", _restart_everything)


@asynccontextmanager
async def _kill_found(find: Callable[..., list[int]], app: App, stack: Stack) -> AsyncIterator[None]:
    faults.kill_processes(find(stack.folder, app))
    yield


@asynccontextmanager
async def _kill_server(server: str, stack: Stack) -> AsyncIterator[None]:
    await asyncio.to_thread(stack.kill_server, server)
    await asyncio.to_thread(stack.start_server, server)
    yield


@asynccontextmanager
async def _pause_found(find: Callable[..., list[int]], app: App, stack: Stack) -> AsyncIterator[None]:
    with faults.pause_processes(find(stack.folder, app)):
        yield


@asynccontextmanager
async def _pause_server(server: str, stack: Stack) -> AsyncIterator[None]:
    with faults.pause_processes(_list_server_pids(stack, server)):
        yield


@asynccontextmanager
async def _fill_disk(server: str, stack: Stack) -> AsyncIterator[None]:
    """Who ended of it is started again, as by a kubelet, when there is space."""
    async with full_disk(stack.folder.path / server):
        yield
    if not processes.find_process(stack.folder, server):
        await asyncio.to_thread(stack.start_server, server)


@asynccontextmanager
async def _cut_app(app: App, stack: Stack) -> AsyncIterator[None]:
    with cut_ports(list_ports_between(stack.addresses.app(app))):
        yield


@asynccontextmanager
async def _cut_server(server: str, stack: Stack) -> AsyncIterator[None]:
    with cut_ports([getattr(stack.addresses, server)]):
        yield


@asynccontextmanager
async def _slow_database(stack: Stack) -> AsyncIterator[None]:
    async with faults.slow_down(lambda: _list_server_pids(stack, "postgres"), **SLOW):
        yield


def _skew_clock(app: App, seconds: int, stack: Stack) -> AbstractAsyncContextManager[None]:
    return skewed_replica(stack, app, seconds)


@asynccontextmanager
async def _restart_everything(stack: Stack) -> AsyncIterator[None]:
    """As a rollout does it: each is asked to end, and the next one waits until all answer."""
    for app in App:
        for find in (faults.find_app_pids, faults.find_sidecar_pids):
            for pid in find(stack.folder, app):
                os.kill(pid, signal.SIGTERM)
            await asyncio.sleep(0.5)  # until the end shows
            await _wait_until_ready(stack)
    for server in SERVERS:
        if server == "postgres":  # asked by SIGTERM it would wait until every connection has ended
            await asyncio.to_thread(stack.stop_postgres_at_once)
        elif process := processes.find_process(stack.folder, server):
            await asyncio.to_thread(processes.stop_process, stack.folder, process)
        await asyncio.to_thread(stack.start_server, server)
        await _wait_until_ready(stack)
    yield


async def _wait_until_ready(stack: Stack) -> None:
    async def list_failing() -> list[str]:
        return await asyncio.to_thread(stack.failing)

    with suppress(AssertionError):  # what doesn't come back shows in the recovery
        await eventually(list_failing, lambda names: not names, READY_SECONDS)


def _list_server_pids(stack: Stack, server: str) -> list[int]:
    return faults.list_descendants(faults.read_server_pid(stack.folder, server))
