"""Admission control: a process takes on what it can finish soon, and refuses the rest in milliseconds.

So many requests are worked on at a time (bounded concurrency). Others wait in line, first come first served,
while the line is short: by Little's law who joins it waits `line × mean service time / at once`, and who
would wait for longer than `LONGEST_WAIT` is refused with 503 and `Retry-After`, before anything was done.
If work stalls after that, because the database hangs for one, who waits twice as long is refused as well.

Probes, metrics, deliveries, jobs and operators never wait for the crowd. What takes long by its nature, as
passwords, the assistant and files do, has a lane with turns of its own, so that it takes none from the rest.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from prometheus_client import Counter, Gauge
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from servicekit.auth import API_PREFIX
from servicekit.errors import Overloaded
from servicekit.problems import problem_response
from servicekit.sidecar_only import CALLBACKS, OPEN

LONGEST_LINE = 256
LONGEST_WAIT = 1.0
"""Seconds."""
NOT_COUNTED = (*OPEN, *CALLBACKS, "/replays", "/ops", f"{API_PREFIX}/ops")
SLOW_WAIT = 3.0
"""Seconds, in the lanes of what takes long."""
SLOW_LANES = {
    "passwords": ("/auth/sign-", "/sign-"),
    "assistant": ("/chat", "/mcp", "/assistant"),
    "files": ("/import", "/export", "/calendar", "/users/me/export"),
}
"""Beginnings of paths, those of the API with or without its prefix."""
SMOOTHING = 0.05
"""Weight of the latest request in the mean service time."""

WORKED_ON = Gauge(
    "todo_requests_worked_on", "Requests being worked on, without probes, deliveries, jobs and operators"
)
WAITING = Gauge("todo_requests_waiting", "Requests that wait in line to be worked on")
REFUSED = Counter("todo_requests_refused_total", "Requests refused because too many came at once")

log = logging.getLogger(__name__)


class Capacity:
    """How many may be worked on, and who may wait. For one event loop.

    More at once are not quicker on one processor, and each holds memory and a stream of the sidecar.
    """

    def __init__(
        self,
        at_once: int,
        longest_line: int = LONGEST_LINE,
        longest_wait: float = LONGEST_WAIT,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._at_once = at_once
        self._longest_line = longest_line
        self._longest_wait = longest_wait
        self._clock = clock
        self._turns = asyncio.Semaphore(at_once)
        self._line = 0
        self._service_time = 0.0
        self._working = 0
        self._begun = 0.0
        """The sum of the times at which the work under way was begun."""

    def expected_wait(self) -> float:
        """Seconds until it would be the turn of who joins the line now.

        What is under way takes at least as long as it has taken: so a stall shows before anything ends.
        """
        age = self._clock() - self._begun / self._working if self._working else 0.0
        return (self._line + 1) * max(self._service_time, age) / self._at_once

    async def enter(self) -> Callable[[], None]:
        """Wait for a turn; returns what ends it. Raises `Overloaded` at once if it would take too long."""
        if self._turns.locked():
            if self._line >= self._longest_line or self.expected_wait() > self._longest_wait:
                raise Overloaded
            self._line += 1
            WAITING.inc()
            try:
                async with asyncio.timeout(2 * self._longest_wait):
                    await self._turns.acquire()
            except TimeoutError as error:
                raise Overloaded from error
            finally:
                self._line -= 1
                WAITING.dec()
        else:
            await self._turns.acquire()
        return self._turn(self._clock())

    def _turn(self, began: float) -> Callable[[], None]:
        has_left = False
        self._working += 1
        self._begun += began
        WORKED_ON.inc()

        def leave() -> None:
            nonlocal has_left
            if not has_left:
                has_left = True
                self._working -= 1
                self._begun -= began
                self._service_time += (self._clock() - began - self._service_time) * SMOOTHING
                self._turns.release()
                WORKED_ON.dec()

        return leave


def slow_lane(path: str) -> str:
    """The lane of a request, by its path; none for what is usually quick."""
    path = path.removeprefix(API_PREFIX)
    return next((lane for lane, beginnings in SLOW_LANES.items() if path.startswith(beginnings)), "")


def problem(_: Scope) -> Response:
    return problem_response(Overloaded())


@dataclass(frozen=True, slots=True)
class Policy:
    """How a service deals with a crowd.

    lane_of: the lane of a path; requests of one lane take no turns from those of another one.
    refusal: the answer to a request that is refused.
    """

    lane_of: Callable[[str], str] = slow_lane
    refusal: Callable[[Scope], Response] = problem


class AdmissionControl:
    """Lets requests in as their lane has room; says so in the log once a second when it had none.

    at_once: requests worked on at a time, in each lane.
    """

    def __init__(self, app: ASGIApp, at_once: int, policy: Policy, longest_line: int = LONGEST_LINE) -> None:
        self._app = app
        self._at_once = at_once
        self._longest_line = longest_line
        self._policy = policy
        self._lanes: dict[str, Capacity] = {}
        self._refused = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(NOT_COUNTED):
            await self._app(scope, receive, send)
            return
        visit = _Visit(self._capacity_for(scope["path"]), receive, send)
        try:
            if not _has_body(scope):
                await visit.enter()
            await self._app(scope, visit.receive, visit.send)
        except Overloaded:
            await self._refuse(scope, receive, send)
        except Exception:
            if not visit.is_refused:
                raise
            await self._refuse(scope, receive, send)
        else:
            if visit.is_refused:
                await self._refuse(scope, receive, send)
        finally:
            visit.leave()

    def _capacity_for(self, path: str) -> Capacity:
        lane = self._policy.lane_of(path)
        if lane not in self._lanes:
            wait = SLOW_WAIT if lane in SLOW_LANES else LONGEST_WAIT
            self._lanes[lane] = Capacity(self._at_once, self._longest_line, wait)
        return self._lanes[lane]

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        REFUSED.inc()
        if not self._refused:
            asyncio.get_running_loop().call_later(1, self._tell)
        self._refused += 1
        await self._policy.refusal(scope)(scope, receive, send)

    def _tell(self) -> None:
        log.warning("refused %d requests in a second: too many at once", self._refused)
        self._refused = 0


class _Visit:
    """One request: its turn begins when its body is there, and ends with its answer.

    A body that comes slowly, and one of an answer that is sent bit by bit, hold no turn.
    """

    def __init__(self, capacity: Capacity, receive: Receive, send: Send) -> None:
        self._capacity = capacity
        self._receive = receive
        self._send = send
        self._leave: Callable[[], None] | None = None
        self.is_refused = False

    async def enter(self) -> None:
        self._leave = await self._capacity.enter()

    def leave(self) -> None:
        if self._leave:
            self._leave()

    async def receive(self) -> Message:
        message = await self._receive()
        is_last = message["type"] == "http.request" and not message.get("more_body")
        if is_last and self._leave is None:
            try:
                await self.enter()
            except Overloaded:
                self.is_refused = True
                raise
        return message

    async def send(self, message: Message) -> None:
        """What the app makes of being refused in the middle is not sent."""
        if self.is_refused:
            return
        if message["type"] == "http.response.body" and message.get("more_body"):
            self.leave()
        await self._send(message)


def _has_body(scope: Scope) -> bool:
    return any(name in (b"content-length", b"transfer-encoding") for name, _ in scope["headers"])
