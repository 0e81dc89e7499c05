"""People at work while something else happens: how many requests failed, and what was acknowledged."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import uuid4

import aiohttp

from tests.system.api import Api, open_api
from tests.system.waiting import eventually

PEOPLE = 4
PAUSE_SECONDS = 0.05
EVENT_SECONDS = 60
REMINDER = {"at": "2099-01-01T00:00:00Z"}
"""Shows that the notification service has heard of a task."""
READS = (
    "/tasks?limit=20",
    "/users/me",
    "/notifications?limit=20",
    "/chat/conversations",
    "/analytics/summary",
)
"""Something of each service."""


@dataclass(slots=True)
class Load:
    """What people saw. A request that fails is not tried again."""

    pause: float = PAUSE_SECONDS
    people: list[Api] = field(default_factory=list)
    answered: int = 0
    failures: list[str] = field(default_factory=list)
    slowest: float = 0
    """Seconds."""
    titles: dict[str, set[str]] = field(default_factory=dict)
    """Acknowledged tasks of each person, by e-mail address."""
    _started: float = field(default_factory=time.monotonic)

    async def work(self, person: Api, stop: asyncio.Event) -> None:
        """Add a task, read something of each service, and again."""
        mine = self.titles.setdefault(person.user["email"], set())
        while not stop.is_set():
            title = str(uuid4())
            if await self._ask(person, "POST", "/tasks", {"title": title, "reminders": [REMINDER]}, 201):
                mine.add(title)
            for path in READS:
                await self._ask(person, "GET", path, None, 200)
                await asyncio.sleep(self.pause)

    async def _ask(self, person: Api, method: str, path: str, body: object, expected: int) -> bool:
        started = time.monotonic()
        try:
            response = await person.ask(method, path, body, idempotency_key=str(uuid4()))
        except (aiohttp.ClientError, TimeoutError) as error:
            self._fail(method, path, started, repr(error))
            return False
        self.answered += 1
        self.slowest = max(self.slowest, time.monotonic() - started)
        if response.status != expected:
            self._fail(method, path, started, f"{response.status} {response.body}")
        return response.status == expected

    def _fail(self, method: str, path: str, started: float, how: str) -> None:
        now = time.monotonic()
        when = f"second {now - self._started:.1f}, after {now - started:.1f} s"
        self.failures.append(f"{when}: {method} {path}: {how}")

    @property
    def summary(self) -> str:
        made = sum(map(len, self.titles.values()))
        totals = (
            f"{self.answered} requests, {len(self.failures)} failed, the slowest took {self.slowest:.1f} s"
        )
        return f"{totals}; {made} tasks made"

    async def check_nothing_is_lost(self) -> None:
        """Every acknowledged task is there, and its event planned its reminder, once."""
        for person in self.people:
            mine = self.titles[person.user["email"]]
            assert {task["title"] for task in await person.items("/tasks")} >= mine

            async def heard(person: Api = person, mine: set[str] = mine) -> dict[str, int]:
                planned = Counter(each["title"] for each in await person.items("/reminders"))
                return {title: planned[title] for title in mine}

            await eventually(heard, lambda found: set(found.values()) <= {1}, EVENT_SECONDS)


@asynccontextmanager
async def people_at_work(
    edge: str,
    people: int = PEOPLE,
    pause: float = PAUSE_SECONDS,
    *,
    may_fail: bool = False,
    connector: aiohttp.BaseConnector | None = None,
) -> AsyncIterator[Load]:
    """Some people work at the edge while the block runs; afterwards nobody may have noticed anything.

    pause: seconds between the requests of one person.
    connector: of `open_api`.
    may_fail: requests may fail meanwhile; what was acknowledged may not be lost all the same.
    """
    load, stop = Load(pause=pause), asyncio.Event()
    async with open_api(edge, connector) as nobody:
        load.people = [await nobody.sign_up() for _ in range(people)]
        work = [asyncio.create_task(load.work(person, stop)) for person in load.people]
        try:
            yield load
        finally:
            stop.set()
            await asyncio.gather(*work)
        assert may_fail or not load.failures, "\n".join(load.failures)
        await load.check_nothing_is_lost()
