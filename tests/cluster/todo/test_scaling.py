"""More pods while there is more to do, and fewer afterwards; nobody notices either."""

import asyncio
import json

import pytest

from contracts.names import App
from tests.cluster.todo.load import people_at_work
from tests.cluster.todo.system import System
from tests.system.waiting import eventually

pytestmark = pytest.mark.timeout(900)

PEOPLE = 8
SCALE_SECONDS = 180
QUICKLY = {"spec": {"behavior": {"scaleDown": {"stabilizationWindowSeconds": 15}}}}
"""Instead of the five minutes Kubernetes waits before it believes that the rush is over."""


class TestLoad:
    async def test_brings_a_second_pod_and_its_end_takes_it_away(self, system: System) -> None:
        system.kubectl("patch", "hpa", App.TASK, "--type=merge", f"--patch={json.dumps(QUICKLY)}")
        await _pods(system, 1)
        async with people_at_work(system.edge, PEOPLE, pause=0):
            await _pods(system, 2)
        await _pods(system, 1)


async def _pods(system: System, wanted: int) -> None:
    """Until so many pods of the task service are wanted, there, and ready."""

    async def counted() -> tuple[int, int]:
        status = (await asyncio.to_thread(system.get, "deployment", App.TASK))["status"]
        return status.get("replicas", 0), status.get("readyReplicas", 0)

    await eventually(counted, lambda seen: seen == (wanted, wanted), SCALE_SECONDS)
