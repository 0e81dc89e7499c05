"""Another user who reads and writes at a steady rate while something large goes on.

Open loop: each request is sent at its time, whatever became of those before, and its latency counts from
that time. So a stall is felt by all requests that fall into it, not by the one that waits for its end.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count

import aiohttp

from loadtest.measure import report
from loadtest.measure.system import bearer

FIRST_TASKS = 50
READ, LIST, CREATE = "a task by id", "a list of 50", "create"
IN_TURN = (READ, LIST) * 5 + (CREATE,)
PER_SECOND = 22
"""Twenty reads and two writes, far below a user's rate limit."""
PATIENCE_SECONDS = 60
HEADER = ["when", "what", "requests", "failed", "p50 ms", "p95 ms", "p99 ms", "max ms", "p95 to that at rest"]

Span = tuple[float, float]
"""Beginning and end, in seconds of `time.perf_counter`."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One request: `at` is when it was to be sent, `status` 0 if it was not answered."""

    what: str
    at: float
    millis: float
    status: int

    @property
    def has_failed(self) -> bool:
        return not 200 <= self.status < 300


@dataclass(slots=True)
class OtherUser:
    """Somebody with 50 tasks, and what became of each of their requests."""

    session: aiohttp.ClientSession
    token: str
    task_id: str
    samples: list[Sample] = field(default_factory=list)

    async def ask_steadily(self) -> None:
        """Send requests at their times until cancelled; what is in flight then is waited for."""
        began, in_flight = time.perf_counter(), set[asyncio.Task[None]]()
        try:
            for number in count():
                at = began + number / PER_SECOND
                await asyncio.sleep(max(0.0, at - time.perf_counter()))
                task = asyncio.create_task(self._send_request(IN_TURN[number % len(IN_TURN)], at))
                in_flight.add(task)
                task.add_done_callback(in_flight.discard)
        finally:
            await asyncio.gather(*in_flight)

    async def _send_request(self, what: str, at: float) -> None:
        path = f"tasks/{self.task_id}" if what == READ else "tasks"
        body = {"title": "a task as people write them", "priority": 3} if what == CREATE else None
        method = "POST" if body else "GET"
        status = 0
        try:
            async with self.session.request(method, path, json=body, headers=bearer(self.token)) as response:
                await response.read()
                status = response.status
        except (aiohttp.ClientError, TimeoutError):
            pass  # counted as failed
        self.samples.append(Sample(what, at, (time.perf_counter() - at) * 1e3, status))


@asynccontextmanager
async def other_user(edge: str, token: str) -> AsyncIterator[OtherUser]:
    """Somebody at work while the block runs, with as many connections as their requests need."""
    timeout, connector = aiohttp.ClientTimeout(PATIENCE_SECONDS), aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(f"{edge}/api/v1/", timeout=timeout, connector=connector) as session:
        for number in range(FIRST_TASKS):
            task = {"title": f"task {number}"}
            async with session.post("tasks", json=task, headers=bearer(token)) as response:
                assert response.status == 201, await response.text()
                id = (await response.json())["id"]
        user = OtherUser(session, token, id)
        at_work = asyncio.create_task(user.ask_steadily())
        try:
            yield user
        finally:
            at_work.cancel()
            await asyncio.gather(at_work, return_exceptions=True)


def phase_rows(samples: Sequence[Sample], spans: dict[str, list[Span]]) -> list[report.Row]:
    """Rows below `HEADER`; spans: name of a phase → when it was, the one at rest first."""
    made: list[report.Row] = []
    rest: dict[str, float] = {}
    for phase, several in spans.items():
        inside = [each for each in samples if any(start <= each.at < end for start, end in several)]
        for what in (READ, LIST, CREATE):
            found = [each for each in inside if each.what == what]
            if not found:
                continue
            millis = [each.millis for each in found]
            at = [report.percentile(millis, share) for share in (0.5, 0.95, 0.99, 1)]
            ratio = at[1] / rest.setdefault(what, at[1])
            made.append([phase, what, len(found), sum(each.has_failed for each in found), *at, ratio])
    return made
