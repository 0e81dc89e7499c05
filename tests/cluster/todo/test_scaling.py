"""More pods while there is more to do, and fewer afterwards; nobody notices either."""

import asyncio
import json
from collections.abc import Callable, Iterator

import pytest

from contracts.names import App
from tests.cluster.todo.load import people_at_work
from tests.cluster.todo.system import System
from tests.system.waiting import eventually

pytestmark = pytest.mark.timeout(900)

PEOPLE = 8
SCALE_SECONDS = 180
LEAST, MOST = 2, 3
"""As in production two at least."""

QUICKLY = {"behavior": {"scaleDown": {"stabilizationWindowSeconds": 15}}}
"""Instead of the five minutes Kubernetes waits before it believes that the rush is over."""


@pytest.fixture
def scaled(system: System) -> Iterator[None]:
    """The task service, scaled as it is in production, only quicker."""
    _patch(system, {"minReplicas": LEAST, "maxReplicas": MOST, **QUICKLY})
    yield
    _patch(system, {"minReplicas": 1, "maxReplicas": 2})


def _patch(system: System, spec: dict[str, object]) -> None:
    system.kubectl("patch", "hpa", App.TASK, "--type=merge", f"--patch={json.dumps({'spec': spec})}")


class TestLoad:
    @pytest.mark.usefixtures("scaled")
    async def test_brings_another_pod_and_its_end_takes_it_away(
        self, system: System, record_property: Callable[[str, object], None]
    ) -> None:
        await _pods(system, LEAST)
        async with people_at_work(system.edge, PEOPLE, pause=0) as load:
            await _pods(system, MOST)
            record_property("load", load.summary)
        await _pods(system, LEAST)


async def _pods(system: System, number: int) -> None:
    """Until so many pods of the task service are wanted, there, and ready."""

    async def counted() -> tuple[int, int]:
        status = (await asyncio.to_thread(system.get, "deployment", App.TASK))["status"]
        return status.get("replicas", 0), status.get("readyReplicas", 0)

    await eventually(counted, lambda seen: seen == (number, number), SCALE_SECONDS)
