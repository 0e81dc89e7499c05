"""A crowd that asks for more than the machine can take, and knows what it was told of each of its writes.

Everybody asks once a second, at a moment of their own. One request in five is a write, with a key of its own.
Who is refused (429, 503 `overloaded`) goes on with something else: nothing was done, that is the promise. Who
got no response, or one that says nothing of what was done, asks again with the same key until it is known.
"""

import asyncio
import statistics
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any
from uuid import uuid4

import aiohttp

from tests.system.api import Api, ApiResponse
from tests.system.test_ledger import Ledger
from tests.system.waiting import eventually

PACE_SECONDS = 1.0
PATIENCE_SECONDS = 20
"""More than the edge gives a service, so that it is the system that answers."""
WRITES = 0.2
READS = ("/tasks", "/notifications?unread=true", "/users/me", "/analytics/summary")
READS_OF_A_TASK = 0.6

GOOD, REFUSED, UNSURE = "good", "refused", "unsure"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request: when it was answered, after how many seconds, and what became of it."""

    at: float
    took: float
    what: str
    became: str
    detail: str
    """Status and code, or the name of what went wrong."""


@dataclass(frozen=True, slots=True)
class Write:
    """A write that may have been done or not."""

    method: str
    path: str
    body: dict[str, Any]
    key: str = field(default_factory=lambda: str(uuid4()))


@dataclass(slots=True)
class Member:
    """One device of a user. It changes only the tasks it made."""

    user: Api
    ledger: Ledger
    random: Random
    attempts: list[Attempt]
    own: list[str] = field(default_factory=list)
    open: Write | None = None
    acknowledged: int = 0

    async def live(self, over: asyncio.Event) -> None:
        moment = self.random.uniform(0, PACE_SECONDS)
        while not over.is_set():
            await asyncio.sleep((moment - time.monotonic()) % PACE_SECONDS)
            if self.random.random() > WRITES:
                await self._read()
            elif self.open:
                await self._write(self.open, is_first=False)
            else:
                await self._write(self._next_write(), is_first=True)

    async def finish_open_write(self) -> None:
        """Ask for what is open until it is known."""
        if self.open:
            response = await self.ledger.user.insist(
                self.open.method, self.open.path, self.open.body, idempotency_key=self.open.key
            )
            self._note(response)

    async def _read(self) -> None:
        if self.random.random() > READS_OF_A_TASK:
            await self._ask("GET", self.random.choice(READS))
            return
        known = self.random.choice(list(self.ledger.tasks.values()))
        response = await self._ask("GET", f"/tasks/{known['id']}")
        if response:
            assert response.body["version"] >= known["version"], (known, response.body)

    def _next_write(self) -> Write:
        if not self.own or self.random.random() < 0.5:
            return Write("POST", "/tasks", {"title": f"task {uuid4()}"})
        path = f"/tasks/{self.random.choice(self.own)}"
        return Write("PATCH", path, {"notes": f"note {uuid4()}"})

    async def _write(self, write: Write, *, is_first: bool) -> None:
        response = await self._ask(write.method, write.path, write.body, idempotency_key=write.key)
        was_refused = self.attempts[-1].became == REFUSED  # nothing else ran since
        self.open = None if response or (was_refused and is_first) else write
        if response:
            self._note(response)

    def _note(self, response: ApiResponse) -> None:
        assert response.status in (200, 201), response
        self.open = None
        self.acknowledged += 1
        self.ledger.note(response.body)
        if response.status == 201:
            self.own.append(response.body["id"])

    async def _ask(self, method: str, path: str, body: Any = None, **headers: str) -> ApiResponse | None:
        """The response, if it is a good one. What is none of those a crowd may get is a failed assertion."""
        what = f"{method} {path.split('/')[1].split('?')[0]}"
        began = time.monotonic()
        try:
            response = await self.user.ask(method, path, body, **headers)
        except (aiohttp.ClientError, TimeoutError) as error:
            self._record(began, what, UNSURE, type(error).__name__)
            return None
        code = (
            response.body.get("code", "")
            if isinstance(response.body, dict) and response.status >= 400
            else ""
        )
        detail = f"{response.status} {code}".strip()
        if response.status < 300:
            self._record(began, what, GOOD, detail)
            return response
        assert response.status in (429, 503), (method, path, response)
        self._record(
            began, what, REFUSED if response.status == 429 or code == "overloaded" else UNSURE, detail
        )
        return None

    def _record(self, began: float, what: str, became: str, detail: str) -> None:
        now = time.monotonic()
        self.attempts.append(Attempt(now, now - began, what, became, detail))


@dataclass(slots=True)
class Crowd:
    """Everybody who asks, and what they heard so far."""

    members: list[Member]
    attempts: list[Attempt]

    def between(self, start: float, end: float) -> list[Attempt]:
        return [each for each in self.attempts if start <= each.at < end]

    @property
    def acknowledged(self) -> int:
        """How many writes are known to be done."""
        return sum(member.acknowledged for member in self.members)

    def goodput(self, start: float, end: float, of: str = "") -> float:
        """Good answers a second; of: the first part of a path."""
        good = [each for each in self.between(start, end) if each.became == GOOD]
        return sum(each.what.endswith(of) for each in good) / (end - start)

    def took(self, start: float, end: float, became: str) -> list[float]:
        """The seconds that answers of that time took, the quickest first."""
        return sorted(each.took for each in self.between(start, end) if each.became == became)

    async def watched(self, seconds: float) -> float:
        """The goodput from now on, for so long."""
        start = time.monotonic()
        await asyncio.sleep(seconds)
        return self.goodput(start, start + seconds)

    async def recovered(self, goodput: float, *, within: float, window: float = 2) -> float:
        """Seconds until there was this goodput for a while, that while included."""
        start = time.monotonic()

        async def latest() -> float:
            now = time.monotonic()
            return self.goodput(max(start, now - window), now) if now - start > window else 0

        await eventually(latest, lambda found: found >= goodput, seconds=within)
        return time.monotonic() - start

    def describe(self, start: float, end: float) -> str:
        """A line for people about that time."""
        found = self.between(start, end)
        words = [f"{self.goodput(start, end):.0f} good/s of {len(found) / (end - start):.0f}"]
        for became in (GOOD, REFUSED, UNSURE):
            took = self.took(start, end, became)
            if len(took) > 1:
                cut = statistics.quantiles(took, n=20, method="inclusive")
                words.append(f"{became}: {len(took)}, p50 {cut[9] * 1e3:.0f}, p95 {cut[18] * 1e3:.0f} ms")
        details = Counter(each.detail for each in found if each.became != GOOD)
        return "; ".join([*words, ", ".join(f"{number} x {what}" for what, number in details.most_common())])


@asynccontextmanager
async def crowd_of(ledgers: Sequence[Ledger], members: int, seed: int = 1) -> AsyncIterator[Crowd]:
    """So many members, of these users in turn, ask while the block runs; after it their writes are known."""
    timeout = aiohttp.ClientTimeout(total=PATIENCE_SECONDS)
    async with aiohttp.ClientSession(timeout=timeout, connector=aiohttp.TCPConnector(limit=0)) as session:
        crowd = Crowd([], [])
        for number in range(members):
            ledger = ledgers[number % len(ledgers)]
            user = Api(session, ledger.user.edge, ledger.user.token)
            crowd.members.append(Member(user, ledger, Random(seed + number), crowd.attempts))
        over = asyncio.Event()
        with put_first():
            async with asyncio.TaskGroup() as group:
                for member in crowd.members:
                    group.create_task(member.live(over))
                try:
                    yield crowd
                finally:
                    over.set()
        await asyncio.gather(*[member.finish_open_write() for member in crowd.members])


@contextmanager
def put_first() -> Iterator[None]:
    """This session before others, if that is allowed (`sched(7)`): else a crowd measures its own waiting."""
    autogroup = Path("/proc/self/autogroup")
    with suppress(OSError):
        autogroup.write_text("-10")
    try:
        yield
    finally:
        with suppress(OSError):
            autogroup.write_text("0")
