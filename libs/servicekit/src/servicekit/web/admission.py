"""Admission control and load shedding: a process takes on what it can finish soon, and refuses the rest.

So many requests are in flight at a time, others wait in a queue that is as short as
`overload.concurrency_limit` says, and the rest is refused in milliseconds with 503 and `Retry-After`, before
anything was done. So is who is queued when the time is over that the request came with: nobody waits for the
response any more. Where the client has gone a request leaves the queue, and a read is given up; a write that
has begun is finished.

Probes, metrics, deliveries, jobs and operators never wait for the crowd. What takes long by its nature, as
passwords, the assistant and files do, has a bulkhead with slots of its own, so that it takes none from the
rest.
"""

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from prometheus_client import Counter, Gauge
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from overload import deadline
from overload.client_disconnect import DisconnectWatcher
from overload.concurrency_limit import (
    MAX_QUEUE,
    MAX_WAIT,
    ConcurrencyLimiter,
    QueueFull,
    ReleaseSlot,
)
from overload.slots import Reservation, SharedSlots
from servicekit.dapr.app_token import CALLBACKS, OPEN
from servicekit.errors import Overloaded, ServiceError
from servicekit.problems import build_problem_response
from servicekit.security.auth import API_PREFIX, Principal, parse_bearer_token

EXEMPT_PATHS = (*OPEN, *CALLBACKS, "/replays", "/ops", f"{API_PREFIX}/ops")
SLOW_WAIT = 3.0
"""Seconds, in the bulkheads of what takes long."""
SLOW_BULKHEADS = {
    "passwords": ("/auth/sign-", "/sign-"),
    "assistant": ("/chat", "/mcp", "/assistant"),
    "files": ("/import", "/export", "/calendar", "/users/me/export"),
}
"""Beginnings of paths, those of the API with or without its prefix."""
KEY_TIMEOUT_SECONDS = 1.0
"""For the keys of tokens, where none are known."""
READS = ("GET", "HEAD")
RESERVATION = "reservation"
"""The key in a request's `state` of the place that its connection keeps for it."""
RESERVED_SECONDS = 0.5
"""How long a place is kept for a request whose body is still to come."""
WATCH_AFTER = 0.1
"""Seconds after which a read is given up when its client goes. To end a short one costs more than it saves: a
connection to the database that is interrupted in a statement has to be made anew."""

IN_FLIGHT = Gauge(
    "todo_requests_worked_on", "Requests being worked on, without probes, deliveries, jobs and operators"
)
QUEUED = Gauge("todo_requests_waiting", "Requests that wait in line to be worked on")
REFUSED = Counter("todo_requests_refused_total", "Requests refused because too many came at once")
ABANDONED = Counter("todo_requests_abandoned_total", "Requests given up because their client had gone")

Identify = Callable[[Scope], Awaitable[str]]
log = logging.getLogger(__name__)


def get_slow_bulkhead(path: str) -> str:
    """The bulkhead of a request, by its path; none for what is usually quick."""
    path = path.removeprefix(API_PREFIX)
    return next((name for name, beginnings in SLOW_BULKHEADS.items() if path.startswith(beginnings)), "")


async def get_user_id(scope: Scope) -> str:
    """Whose request it is, once that is verified: what anybody can make up gets nobody a turn."""
    token = parse_bearer_token(HTTPConnection(scope).headers.get("authorization", ""))
    if not token:
        return ""
    try:
        async with asyncio.timeout(KEY_TIMEOUT_SECONDS):
            principal: Principal = await scope["app"].state.verifier.verify(token)
    except (ServiceError, TimeoutError):
        return ""
    return principal.user_id


def build_overloaded_response(_: Scope) -> Response:
    return build_problem_response(Overloaded())


@dataclass(frozen=True, slots=True)
class AdmissionPolicy:
    """How a service deals with a crowd.

    bulkhead_of: the bulkhead of a path; requests in one take no slots from those in another.
    who: whose request it is, where some wait: persons in line take turns. Empty: of all nobody knows.
    refusal: the response to a request that is refused.
    hung_after: seconds after which a request holds no slot any more, where it is usually quick: for who only
        waits for others, so that one of them that hangs doesn't stop the rest.
    """

    bulkhead_of: Callable[[str], str] = get_slow_bulkhead
    who: Identify = get_user_id
    refusal: Callable[[Scope], Response] = build_overloaded_response
    hung_after: float = math.inf


class Bulkheads:
    """The turns and lines of a process, one for each bulkhead, and how many were refused.

    at_once: requests worked on at a time, in the bulkheads of what is usually quick together, and in each
        other one for itself.
    """

    def __init__(self, at_once: int, policy: AdmissionPolicy, longest_line: int = MAX_QUEUE) -> None:
        self.policy = policy
        self._pool = SharedSlots(at_once)
        self._longest_line = longest_line
        self._limiters: dict[str, ConcurrencyLimiter] = {}
        self._refused = 0
        IN_FLIGHT.set_function(lambda: sum(limiter.working for limiter in self._limiters.values()))
        QUEUED.set_function(lambda: sum(limiter.waiting for limiter in self._limiters.values()))

    def capacity_for(self, path: str) -> ConcurrencyLimiter | None:
        """None for what waits in no line."""
        if path.startswith(EXEMPT_PATHS):
            return None
        name = self.policy.bulkhead_of(path)
        if name not in self._limiters:
            wait = SLOW_WAIT if name in SLOW_BULKHEADS else MAX_WAIT
            pool, hung = (None, math.inf) if name in SLOW_BULKHEADS else (self._pool, self.policy.hung_after)
            self._limiters[name] = ConcurrencyLimiter(
                self._pool.at_once, self._longest_line, wait, pool=pool, hung_after=hung
            )
        return self._limiters[name]

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
    """ASGI middleware that lets requests in as their bulkhead has room."""

    app: ASGIApp
    bulkheads: Bulkheads

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        capacity = self.bulkheads.capacity_for(scope["path"]) if scope["type"] == "http" else None
        if capacity is None:
            await self.app(scope, receive, send)
            return
        admitted = _AdmittedRequest(scope, capacity, self.bulkheads.policy.who, receive, send)
        try:
            await admitted.run(self.app)
        except Exception:
            if not admitted.is_refused:
                raise
        if admitted.is_refused:
            self.bulkheads.count_refusal()
            await self.bulkheads.policy.refusal(scope)(scope, receive, send)


class _AdmittedRequest:
    """One request: its turn begins when its body is there, and ends with its response.

    A body that comes slowly, and one of a response that is sent bit by bit, hold no turn.
    """

    def __init__(
        self, scope: Scope, capacity: ConcurrencyLimiter, who: Identify, receive: Receive, send: Send
    ) -> None:
        self._scope = scope
        self._who = who
        self._capacity = capacity
        self._until = deadline.parse_deadline(scope["headers"])
        self._reservation: Reservation | None = scope.get("state", {}).get(RESERVATION)
        self._client = DisconnectWatcher(receive, self._gone)
        self._send = send
        self._leave: ReleaseSlot | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._may_be_given_up = self._is_given_up = False
        self.is_refused = False

    async def run(self, app: ASGIApp) -> None:
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
            who = "" if self._capacity.has_free_slot() else await self._who(self._scope)
            self._leave = await self._capacity.enter(
                who, self._until, reservation=self._reservation, on_wait=self._client.watch
            )
        except QueueFull as error:
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
