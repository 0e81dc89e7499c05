"""Which traces the collector keeps, by the configuration that ships: only addresses and its wait are others.

Jaeger's program, which has the collector's components, runs twice: as the collector, and as what it sends to.
"""

import random
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import yaml

from devstack import processes
from devstack.addresses import HOST
from devstack.observe import collectors
from devstack.observe.ports import Ports
from devstack.paths import RunFolder
from devstack.toolbox.ensure import find_tool
from devstack.toolbox.monitoring import JAEGER
from tests.system.waiting import eventually

PORTS = Ports(7700)
WAIT_SECONDS = 2
ORDINARY = 200
OK, ERROR = 1, 2
"""Status codes of OTLP."""

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Sent:
    """One trace of two spans."""

    id: str
    milliseconds: int = 20
    status: int = OK

    def spans(self) -> list[Json]:
        end = time.time_ns()
        start = end - self.milliseconds * 1_000_000
        return [self._span("1", "", start, end, OK), self._span("2", "1", end, end, self.status)]

    def late(self) -> list[Json]:
        return [self._span("3", "1", time.time_ns(), time.time_ns(), OK)]

    def _span(self, number: str, parent: str, start: int, end: int, status: int) -> Json:
        return {
            "traceId": self.id,
            "spanId": number.zfill(16),
            "parentSpanId": parent and parent.zfill(16),
            "name": "tried",
            "kind": 2,
            "startTimeUnixNano": str(start),
            "endTimeUnixNano": str(end),
            "status": {"code": status},
        }


@pytest.fixture(scope="module")
def running() -> Iterator[RunFolder]:
    """A collector and a Jaeger behind it."""
    with tempfile.TemporaryDirectory(prefix="todo-sampling-") as name:
        folder = RunFolder(Path(name))
        folder.make()
        (folder.path / "monitoring").mkdir()
        collectors.start_jaeger(folder, PORTS)
        config = collectors.build_collector_config(PORTS)
        config["processors"]["tail_sampling"]["decision_wait"] = f"{WAIT_SECONDS}s"
        file = folder.path / "collector.yaml"
        file.write_text(yaml.safe_dump(config))
        processes.start_process(folder, "collector", [str(find_tool(JAEGER)), "--config", str(file)])
        yield folder
        for process in processes.list_processes(folder):
            processes.stop_process(folder, process)


@pytest.fixture
async def session(running: RunFolder) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        await eventually(lambda: is_up(session), bool, 30)
        yield session


async def is_up(session: aiohttp.ClientSession) -> bool:
    try:
        for port in (PORTS.collector_metrics, PORTS.jaeger_metrics):
            async with session.get(f"http://{HOST}:{port}/metrics") as response:
                response.raise_for_status()
        return True
    except aiohttp.ClientError:
        return False


async def send(session: aiohttp.ClientSession, spans: list[Json]) -> None:
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": "tried"}}]}
    body = {"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": spans}]}]}
    async with session.post(f"{PORTS.otlp_endpoint}/v1/traces", json=body) as response:
        assert response.status == 200, await response.text()


async def count_spans(session: aiohttp.ClientSession, trace: Sent) -> int:
    async with session.get(f"http://{HOST}:{PORTS.jaeger}/api/traces/{trace.id}") as response:
        found = (await response.json())["data"] if response.status == 200 else []
    return sum(len(each["spans"]) for each in found)


async def test_errors_and_slow_ones_are_kept_and_a_tenth_of_the_others(
    session: aiohttp.ClientSession,
) -> None:
    ids = (f"{random.Random(number).getrandbits(128):032x}" for number in range(1000))
    ordinary = [Sent(next(ids)) for _ in range(ORDINARY)]
    failed = [Sent(next(ids), status=ERROR) for _ in range(5)]
    slow = [Sent(next(ids), milliseconds=700) for _ in range(5)]
    for trace in [*ordinary, *failed, *slow]:
        parent, child = trace.spans()
        await send(session, [parent])
        await send(session, [child])

    async def kept() -> list[int]:
        return [await count_spans(session, trace) for trace in [*failed, *slow]]

    await eventually(kept, lambda spans: spans == [2] * 10, 30)
    whole = [trace for trace in ordinary if await count_spans(session, trace)]
    assert [await count_spans(session, trace) for trace in whole] == [2] * len(whole)
    assert ORDINARY / 40 < len(whole) < ORDINARY / 5, "about a tenth"
    await send(session, failed[0].late())
    await eventually(lambda: count_spans(session, failed[0]), lambda spans: spans == 3, 30)
