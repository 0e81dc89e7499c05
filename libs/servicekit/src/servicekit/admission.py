"""Admission control: a process takes on what it can finish soon, and refuses the rest in milliseconds.

So many requests are worked on at a time, others wait in a line that is as short as `overload.line` says, and
the rest is refused with 503 and `Retry-After`, before anything was done. So is who is in line when the time
is over that the request came with: nobody waits for the answer any more.

Probes, metrics, deliveries, jobs and operators never wait for the crowd. What takes long by its nature, as
passwords, the assistant and files do, has a lane with turns of its own, so that it takes none from the rest.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass

from prometheus_client import Counter, Gauge
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from overload import deadline
from overload.line import LONGEST_LINE, LONGEST_WAIT, Capacity, Leave, NoRoom
from servicekit.auth import API_PREFIX
from servicekit.errors import Overloaded
from servicekit.problems import problem_response
from servicekit.sidecar_only import CALLBACKS, OPEN

NOT_COUNTED = (*OPEN, *CALLBACKS, "/replays", "/ops", f"{API_PREFIX}/ops")
SLOW_WAIT = 3.0
"""Seconds, in the lanes of what takes long."""
SLOW_LANES = {
    "passwords": ("/auth/sign-", "/sign-"),
    "assistant": ("/chat", "/mcp", "/assistant"),
    "files": ("/import", "/export", "/calendar", "/users/me/export"),
}
"""Beginnings of paths, those of the API with or without its prefix."""

WORKED_ON = Gauge(
    "todo_requests_worked_on", "Requests being worked on, without probes, deliveries, jobs and operators"
)
WAITING = Gauge("todo_requests_waiting", "Requests that wait in line to be worked on")
REFUSED = Counter("todo_requests_refused_total", "Requests refused because too many came at once")

log = logging.getLogger(__name__)


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
        WORKED_ON.set_function(lambda: sum(lane.working for lane in self._lanes.values()))
        WAITING.set_function(lambda: sum(lane.waiting for lane in self._lanes.values()))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(NOT_COUNTED):
            await self._app(scope, receive, send)
            return
        until = deadline.of_request(scope["headers"])
        visit = _Visit(self._capacity_for(scope["path"]), until, receive, send)
        try:
            if not _has_body(scope):
                await visit.enter()
            with deadline.until(until):
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

    def __init__(self, capacity: Capacity, until: float, receive: Receive, send: Send) -> None:
        self._capacity = capacity
        self._until = until
        self._receive = receive
        self._send = send
        self._leave: Leave | None = None
        self.is_refused = False

    async def enter(self) -> None:
        """Raises `Overloaded`."""
        try:
            self._leave = await self._capacity.enter(until=self._until)
        except NoRoom as error:
            raise Overloaded from error

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
