"""People at work while something else happens: how many requests failed, and what was acknowledged."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import uuid4

import aiohttp

from tests.system.api import Api, open_api
from tests.system.waiting import eventually

PEOPLE = 4
PAUSE_SECONDS = 0.05


@dataclass(slots=True)
class Load:
    """What people saw. A request that fails is not tried again."""

    people: list[Api] = field(default_factory=list)
    answered: int = 0
    failures: list[str] = field(default_factory=list)
    titles: dict[str, set[str]] = field(default_factory=dict)
    """Acknowledged tasks of each person, by e-mail address."""

    async def work(self, person: Api, stop: asyncio.Event) -> None:
        """Add a task, read the list, and again."""
        mine = self.titles.setdefault(person.user["email"], set())
        while not stop.is_set():
            title = str(uuid4())
            if await self._ask(person, "POST", "/tasks", {"title": title}, 201):
                mine.add(title)
            await self._ask(person, "GET", "/tasks?limit=20", None, 200)
            await asyncio.sleep(PAUSE_SECONDS)

    async def _ask(self, person: Api, method: str, path: str, body: object, wanted: int) -> bool:
        started = time.monotonic()
        try:
            answer = await person.ask(method, path, body, idempotency_key=str(uuid4()))
        except (aiohttp.ClientError, TimeoutError) as error:
            self.failures.append(f"{method} {path}: {error!r} after {time.monotonic() - started:.1f} s")
            return False
        self.answered += 1
        if answer.status != wanted:
            self.failures.append(f"{method} {path}: {answer.status} {answer.body}")
        return answer.status == wanted

    async def check_nothing_is_lost(self) -> None:
        """Every acknowledged task is there, and its event reached the inbox, once."""
        for person in self.people:
            mine = self.titles[person.user["email"]]
            assert {task["title"] for task in await person.items("/tasks")} >= mine

            async def heard(person: Api = person, mine: set[str] = mine) -> dict[str, int]:
                texts = [str(item) for item in await person.items("/notifications")]
                return {title: sum(title in text for text in texts) for title in mine}

            await eventually(heard, lambda found: set(found.values()) <= {1}, 60)


@asynccontextmanager
async def people_at_work(edge: str) -> AsyncIterator[Load]:
    """Some people work at the edge while the block runs."""
    load, stop = Load(), asyncio.Event()
    async with open_api(edge) as nobody:
        load.people = [await nobody.sign_up() for _ in range(PEOPLE)]
        work = [asyncio.create_task(load.work(person, stop)) for person in load.people]
        try:
            yield load
        finally:
            stop.set()
            await asyncio.gather(*work)
        if not load.failures:
            await load.check_nothing_is_lost()
