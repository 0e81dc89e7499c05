"""PostgreSQL's primary dies under people's hands; CloudNativePG promotes a standby, and nothing is lost."""

import asyncio
import time
from collections.abc import Callable
from uuid import uuid4

import aiohttp
import pytest

from tests.cluster.todo.load import people_at_work
from tests.cluster.todo.system import System
from tests.system.api import Api
from tests.system.waiting import eventually

pytestmark = pytest.mark.timeout(900)

MOST_SECONDS = 60
"""Until writes are taken again; the goal of docs/RELIABILITY is 30 on a machine that does nothing else."""
WARM_UP_SECONDS = 5
INSTANCES = 3
HEALED_SECONDS = 240


async def until_written(person: Api) -> float:
    """Seconds until a task could be added again."""
    started = time.monotonic()
    while True:
        try:
            task = {"title": "after the failover"}
            response = await person.ask("POST", "/tasks", task, idempotency_key=str(uuid4()))
            if response.status == 201:
                return time.monotonic() - started
        except (aiohttp.ClientError, TimeoutError):
            pass
        await asyncio.sleep(0.2)


def ready_instances(system: System) -> int:
    return int(system.get("clusters.postgresql.cnpg.io", "postgres")["status"].get("readyInstances", 0))


class TestFailover:
    async def test_loses_no_acknowledged_write(
        self, system: System, ada: Api, record_property: Callable[[str, object], None]
    ) -> None:
        before = await asyncio.to_thread(system.primary)
        async with people_at_work(system.edge, may_fail=True) as load:
            await asyncio.sleep(WARM_UP_SECONDS)
            killed = ["delete", "pod", before, "--grace-period=0", "--force", "--wait=false"]
            await asyncio.to_thread(system.kubectl, *killed)
            took = await asyncio.wait_for(until_written(ada), MOST_SECONDS)
            await asyncio.sleep(WARM_UP_SECONDS)
        record_property("load", load.summary)
        record_property("seconds until written", round(took, 1))
        assert await asyncio.to_thread(system.primary) != before
        assert sum(map(len, load.titles.values())) > 0

    async def test_is_followed_by_a_new_standby(self, system: System) -> None:
        async def ready() -> int:
            return await asyncio.to_thread(ready_instances, system)

        await eventually(ready, lambda found: found == INSTANCES, HEALED_SECONDS)
