"""Admission control: a process takes on what it can finish soon, and refuses the rest in milliseconds.

So many requests are worked on at a time, others wait in a line that is as short as `overload.line` says, and
the rest is refused with 503 and `Retry-After`, before anything was done. So is who is in line when the time
is over that the request came with: nobody waits for the answer any more. Where the client has gone a request
leaves the line, and a read is given up; a write that has begun is finished.

Probes, metrics, deliveries, jobs and operators never wait for the crowd. What takes long by its nature, as
passwords, the assistant and files do, has a lane with turns of its own, so that it takes none from the rest.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from prometheus_client import Counter, Gauge
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from overload import deadline
from overload.client import Client
from overload.line import LONGEST_LINE, LONGEST_WAIT, Capacity, Leave, NoRoom, Pool, Reservation
from servicekit.auth import API_PREFIX, Principal, bearer_token
from servicekit.errors import Overloaded, ServiceError
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
KEYS_SECONDS = 1.0
"""For the keys of tokens, where none are known."""
READS = ("GET", "HEAD")
RESERVATION = "reservation"
"""The key in a request's `state` of the place that its connection keeps for it."""
RESERVED_SECONDS = 0.5
"""How long a place is kept for a request whose body is still to come."""
WATCH_AFTER = 0.1
"""Seconds after which a read is given up when its client goes. To end a short one costs more than it saves: a
connection to the database that is interrupted in a statement has to be made anew."""

WORKED_ON = Gauge(
    "todo_requests_worked_on", "Requests being worked on, without probes, deliveries, jobs and operators"
)
WAITING = Gauge("todo_requests_waiting", "Requests that wait in line to be worked on")
REFUSED = Counter("todo_requests_refused_total", "Requests refused because too many came at once")
ABANDONED = Counter("todo_requests_abandoned_total", "Requests given up because their client had gone")

Who = Callable[[Scope], Awaitable[str]]
log = logging.getLogger(__name__)


def slow_lane(path: str) -> str:
    """The lane of a request, by its path; none for what is usually quick."""
    path = path.removeprefix(API_PREFIX)
    return next((lane for lane, beginnings in SLOW_LANES.items() if path.startswith(beginnings)), "")


async def principal_of(scope: Scope) -> str:
    """Whose request it is, once that is verified: what anybody can make up gets nobody a turn."""
    token = bearer_token(HTTPConnection(scope).headers.get("authorization", ""))
    if not token:
        return ""
    try:
        async with asyncio.timeout(KEYS_SECONDS):
            principal: Principal = await scope["app"].state.verifier.verify(token)
    except (ServiceError, TimeoutError):
        return ""
    return principal.user_id


def problem(_: Scope) -> Response:
    return problem_response(Overloaded())


@dataclass(frozen=True, slots=True)
class Policy:
    """How a service deals with a crowd.

    lane_of: the lane of a path; requests of one lane take no turns from those of another one.
    who: whose request it is, where some wait: persons in line take turns. Empty: of all nobody knows.
    refusal: the answer to a request that is refused.
    """

    lane_of: Callable[[str], str] = slow_lane
    who: Who = principal_of
    refusal: Callable[[Scope], Response] = problem


class Lanes:
    """The turns and lines of a process, one for each lane, and how many were refused.

    at_once: requests worked on at a time, in the lanes of what is usually quick together, and in each other
        one for itself.
    """

    def __init__(self, at_once: int, policy: Policy, longest_line: int = LONGEST_LINE) -> None:
        self.policy = policy
        self._pool = Pool(at_once)
        self._longest_line = longest_line
        self._lanes: dict[str, Capacity] = {}
        self._refused = 0
        WORKED_ON.set_function(lambda: sum(lane.working for lane in self._lanes.values()))
        WAITING.set_function(lambda: sum(lane.waiting for lane in self._lanes.values()))

    def capacity_for(self, path: str) -> Capacity | None:
        """None for what waits in no line."""
        if path.startswith(NOT_COUNTED):
            return None
        lane = self.policy.lane_of(path)
        if lane not in self._lanes:
            wait = SLOW_WAIT if lane in SLOW_LANES else LONGEST_WAIT
            pool = None if lane in SLOW_LANES else self._pool
            self._lanes[lane] = Capacity(self._pool.at_once, self._longest_line, wait, pool=pool)
        return self._lanes[lane]

    def count_refusal(self) -> None:
        """Counted ones are told in the log once a second."""
        REFUSED.inc()
        if not self._refused:
            asyncio.get_running_loop().call_later(1, self._tell)
        self._refused += 1

    def _tell(self) -> None:
        log.warning("refused %d requests in a second: too many at once", self._refused)
        self._refused = 0


@dataclass(frozen=True, slots=True)
class AdmissionControl:
    """ASGI middleware that lets requests in as their lane has room."""

    app: ASGIApp
    lanes: Lanes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        capacity = self.lanes.capacity_for(scope["path"]) if scope["type"] == "http" else None
        if capacity is None:
            await self.app(scope, receive, send)
            return
        visit = _Visit(scope, capacity, self.lanes.policy.who, receive, send)
        try:
            await visit.spend(self.app)
        except Exception:
            if not visit.is_refused:
                raise
        if visit.is_refused:
            self.lanes.count_refusal()
            await self.lanes.policy.refusal(scope)(scope, receive, send)


class _Visit:
    """One request: its turn begins when its body is there, and ends with its answer.

    A body that comes slowly, and one of an answer that is sent bit by bit, hold no turn.
    """

    def __init__(self, scope: Scope, capacity: Capacity, who: Who, receive: Receive, send: Send) -> None:
        self._scope = scope
        self._who = who
        self._capacity = capacity
        self._until = deadline.of_request(scope["headers"])
        self._reservation: Reservation | None = scope.get("state", {}).get(RESERVATION)
        self._client = Client(receive, self._gone)
        self._send = send
        self._leave: Leave | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._may_be_given_up = self._is_given_up = False
        self.is_refused = False

    async def spend(self, app: ASGIApp) -> None:
        """Raises what `app` does, and `Overloaded` if it is refused."""
        self._task = asyncio.current_task()
        try:
            if not _has_body(self._scope):
                await self._enter()
            elif self._reservation:
                self._keep_reservation(self._reservation)
            with deadline.until(self._until):
                await app(self._scope, self.receive, self.send)
        except asyncio.CancelledError:
            if not self._is_given_up or (self._task and self._task.uncancel()):
                raise  # somebody else wants this task to end
            ABANDONED.inc()
        finally:
            self._end()

    async def _enter(self) -> None:
        self._may_be_given_up = True
        try:
            who = "" if self._capacity.has_room() else await self._who(self._scope)
            self._leave = await self._capacity.enter(
                who, self._until, reservation=self._reservation, on_wait=self._client.watch
            )
        except NoRoom as error:
            self.is_refused = True
            raise Overloaded from error
        self._may_be_given_up = self._scope["method"] in READS
        if self._timer:
            self._timer.cancel()
        if self._may_be_given_up:
            self._timer = asyncio.get_running_loop().call_later(WATCH_AFTER, self._client.watch)

    def _keep_reservation(self, reservation: Reservation) -> None:
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(RESERVED_SECONDS, reservation.give_back)

    def _gone(self) -> None:
        """The task is waiting for something, since this runs in another one: there it ends."""
        if self._may_be_given_up and self._task:
            self._is_given_up = self._task.cancel()

    def _end(self) -> None:
        self._client.leave_alone()
        if self._timer:
            self._timer.cancel()
        if self._reservation:
            self._reservation.give_back()
        if self._leave:
            self._leave()

    async def receive(self) -> Message:
        message = await self._client.receive()
        is_last = message["type"] == "http.request" and not message.get("more_body")
        if is_last and self._leave is None:
            await self._enter()
        return message

    async def send(self, message: Message) -> None:
        """What the app makes of being refused in the middle is not sent."""
        if self.is_refused:
            return
        self._may_be_given_up = False
        if message["type"] == "http.response.body" and message.get("more_body") and self._leave:
            self._leave()
        await self._send(message)


def _has_body(scope: Scope) -> bool:
    return any(name in (b"content-length", b"transfer-encoding") for name, _ in scope["headers"])
