"""Parts that fail while a crowd asks for more than the machine can do.

No acknowledged write is lost or doubled, all stores agree with what was answered, and when the part is back
the crowd is served as before.
"""

import asyncio
import logging
import statistics
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import aiohttp
import pytest

from contracts.names import App
from devstack import faults
from devstack.broker import read_topic
from devstack.health import list_checks_of
from devstack.stack import Stack
from tests.system.api import Api
from tests.system.crowd import REFUSED, UNSURE, Crowd, crowd_of
from tests.system.figures import listen
from tests.system.test_ledger import Ledger, assert_agrees
from tests.system.waiting import eventually

USERS = 10
CROWD = 400
"""So many ask once a second: two to three times what two processors answer."""
WARM_UP_SECONDS = 3
LOOK_SECONDS = 4
NEAR = 1 / 3
"""Of the goodput before: more than a collapse leaves, and less than others who use the machine may take."""
RECOVERY_SECONDS = 20
"""Two to four on a machine that has time: Dapr looks after an app every three seconds, the edge every two."""
QUICK_SECONDS = 0.1
"""A refusal of a part that is away; on a busy machine it may take as long as those of a crowd."""
ANSWER_SECONDS = 4
"""For a probe, on a machine that has no time; a database that hangs once made them wait for longer."""
FROZEN_SECONDS = 20
AWAY_SECONDS = 4
DATABASES = [app for app in App if app is not App.FRONTEND]

pytestmark = pytest.mark.timeout(300)
log = logging.getLogger(__name__)


@pytest.fixture
async def ledgers(healthy: Stack, nobody: Api, hook: str) -> list[Ledger]:
    """Users who have a task each, and whose webhook is told of all."""
    found = [Ledger(await nobody.sign_up()) for _ in range(USERS)]
    for ledger in found:
        await listen(ledger.user, hook)
        ledger.note((await ledger.user.insist("POST", "/tasks", {"title": "first"})).body)
    return found


async def before(crowd: Crowd) -> float:
    """The goodput while nothing happens."""
    await asyncio.sleep(WARM_UP_SECONDS)
    start = time.monotonic()
    await asyncio.sleep(LOOK_SECONDS)
    return tell(crowd, "before", start)


def tell(crowd: Crowd, when: str, start: float) -> float:
    """Log what happened since then; returns the goodput."""
    now = time.monotonic()
    tasks = crowd.goodput(start, now, "tasks")
    log.info("%s, %.1f s: of task %.0f good/s, %s", when, now - start, tasks, crowd.describe(start, now))
    return crowd.goodput(start, now)


async def recovers(crowd: Crowd, goodput: float) -> None:
    """Wait until as much is answered as before, nearly."""
    start = time.monotonic()
    took = await crowd.recovered(NEAR * goodput, within=RECOVERY_SECONDS)
    log.info("recovered after %.1f s", took)
    await asyncio.sleep(LOOK_SECONDS)
    tell(crowd, "after", start)


async def assert_nothing_lost(stack: Stack, crowd: Crowd, ledgers: Sequence[Ledger]) -> None:
    for ledger in ledgers:
        await assert_agrees(stack, ledger)
    assert await read_topic(stack.addresses, "dlq") == []
    log.info("%d acknowledged writes are there, each once", crowd.acknowledged)


async def status(url: str) -> int:
    """0 for no response in time."""
    timeout = aiohttp.ClientTimeout(total=ANSWER_SECONDS)
    try:
        async with aiohttp.ClientSession(timeout=timeout) as session, session.get(url) as response:
            return response.status
    except (aiohttp.ClientError, TimeoutError):
        return 0


async def statuses(*urls: str) -> set[int]:
    return set(await asyncio.gather(*map(status, urls)))


class TestServiceKilled:
    async def test_loses_nothing_and_is_back_with_its_process(
        self, healthy: Stack, ledgers: list[Ledger]
    ) -> None:
        async with crowd_of(ledgers, CROWD) as crowd:
            goodput = await before(crowd)
            killed = time.monotonic()
            faults.kill_processes(faults.find_app_pids(healthy.folder, App.TASK))
            await asyncio.sleep(0.3)  # until the loss shows
            ready = f"{healthy.addresses.app('task').url}/readyz"
            await eventually(lambda: status(ready), lambda found: found == 200, seconds=60)
            tell(crowd, "without task", killed)
            assert crowd.goodput(killed, time.monotonic(), "users") > 0
            await recovers(crowd, goodput)
        await assert_nothing_lost(healthy, crowd, ledgers)


class TestDatabase:
    async def test_that_hangs_or_stops_delays_nobody_for_long_and_loses_nothing(
        self, healthy: Stack, ledgers: list[Ledger]
    ) -> None:
        async with crowd_of(ledgers, CROWD) as crowd:
            goodput = await before(crowd)
            usual = median_refusal(crowd, 0)
            with faults.pause_processes(
                faults.list_descendants(faults.read_server_pid(healthy.folder, "postgres"))
            ):
                frozen = time.monotonic()
                await asyncio.sleep(FROZEN_SECONDS / 2)
                await assert_says_so(healthy)
                refusal = median_refusal(crowd, frozen + 2)
                await asyncio.sleep(frozen + FROZEN_SECONDS - time.monotonic())
                tell(crowd, "frozen", frozen)
            assert refusal < max(usual, QUICK_SECONDS)
            await recovers(crowd, goodput)
            stopped = time.monotonic()
            await asyncio.to_thread(healthy.stop_postgres_at_once)
            try:
                await asyncio.sleep(AWAY_SECONDS)
                await assert_says_so(healthy)
                tell(crowd, "stopped", stopped)
                assert median_refusal(crowd, stopped + 2) < max(usual, QUICK_SECONDS)
            finally:
                healthy.start_server("postgres")
            await recovers(crowd, goodput)
        await assert_nothing_lost(healthy, crowd, ledgers)


async def assert_says_so(stack: Stack) -> None:
    """Services live and are not ready; what needs no database is served."""
    services = [stack.addresses.app(app) for app in DATABASES]
    assert await statuses(*(f"{app.url}/readyz" for app in services)) == {503}
    assert await statuses(*(f"{app.url}/healthz" for app in stack.addresses.apps)) == {200}
    assert await statuses(*(f"{app.sidecar_url}/v1.0/healthz" for app in stack.addresses.apps)) == {204}
    edge = stack.addresses.edge
    assert await statuses(f"{edge}/readyz", f"{edge}/sign-in", f"{edge}/api/v1/openapi.json") == {200}


def median_refusal(crowd: Crowd, since: float) -> float:
    """Seconds it took to be told that nothing was done, or may be."""
    now = time.monotonic()
    return statistics.median(crowd.took(since, now, REFUSED) + crowd.took(since, now, UNSURE))


class TestReplicas:
    async def test_that_are_slow_or_gone_leave_the_other_one_to_work(
        self, healthy: Stack, ledgers: list[Ledger]
    ) -> None:
        """Dapr asks one or the other at random, whatever they have to do."""
        async with crowd_of(ledgers, CROWD) as crowd:
            alone = await before(crowd)
            of_tasks = crowd.goodput(time.monotonic() - LOOK_SECONDS, time.monotonic(), "tasks")
        acknowledged = crowd.acknowledged
        async with second_replica(healthy, App.TASK) as pids, crowd_of(ledgers, CROWD, CROWD) as crowd:
            await asyncio.sleep(WARM_UP_SECONDS)
            start = time.monotonic()
            async with faults.slow_down(lambda: pids, stop_seconds=0.09, run_seconds=0.01):
                await asyncio.sleep(2 * LOOK_SECONDS)
            slow = tell(crowd, "one is ten times slower", start)
            assert crowd.goodput(start, time.monotonic(), "tasks") > of_tasks / 5
            start = time.monotonic()
            await asyncio.sleep(LOOK_SECONDS)
            assert slow > NEAR * min(alone, tell(crowd, "both are quick", start))
            start = time.monotonic()
            with faults.keep_down(pids):
                await asyncio.sleep(LOOK_SECONDS)
                tell(crowd, "one is gone", start)
                assert crowd.goodput(start, time.monotonic(), "tasks") > of_tasks / 5
        log.info("%d acknowledged with one replica", acknowledged)
        await assert_nothing_lost(healthy, crowd, ledgers)


@asynccontextmanager
async def second_replica(stack: Stack, app: App) -> AsyncIterator[list[int]]:
    """Another replica of a service while the block runs: its processes, without the sidecar."""
    replica = stack.add_replica(app)
    checks = list_checks_of(replica)

    async def passed() -> list[bool]:
        return await asyncio.gather(*[asyncio.to_thread(check.passes) for check in checks])

    try:
        await eventually(passed, all, seconds=60)
        family = faults.list_descendants(faults.read_server_pid(stack.folder, replica.name))
        yield [pid for pid in faults.find_app_pids(stack.folder, app) if pid in family]
    finally:
        await asyncio.to_thread(stack.remove_replica, replica)
