"""Whether requests of every kind succeed: one of each, a second, from before a fault until after it."""

import asyncio
import time
from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any
from uuid import uuid4

import aiohttp

from loadtest.chaos.people import LISTS
from tests.system.api import Api

PACE_SECONDS = 1.0
PATIENCE_SECONDS = 5
"""For all of a round; who waits for longer was not served."""


@dataclass(frozen=True, slots=True)
class Round:
    """began, ended: `time.monotonic`. failed: the kinds of requests that were not answered well."""

    began: float
    ended: float
    failed: tuple[str, ...]


@dataclass(slots=True)
class Prober:
    """Asks as one user; nothing it does is in the ledger."""

    user: Api
    account: dict[str, str]
    rounds: list[Round] = field(default_factory=list)

    async def probe_until(self, over: asyncio.Event) -> None:
        """A round begins each second, whatever became of the one before."""
        async with asyncio.TaskGroup() as group:
            while not over.is_set():
                group.create_task(self._probe_once())
                await asyncio.sleep(PACE_SECONDS)

    async def _probe_once(self) -> None:
        began = time.monotonic()
        results = await asyncio.gather(*[self._try(*each) for each in self._list_requests()])
        failed = tuple(sorted(name for name, is_good in results if not is_good))
        self.rounds.append(Round(began, time.monotonic(), failed))

    def find_recovery(self, since: float) -> float | None:
        """When the first round ended of two in a row, both begun after `since`, in which nothing failed."""
        after = sorted((each for each in self.rounds if each.began >= since), key=lambda each: each.began)
        for first, second in pairwise(after):
            if not first.failed and not second.failed:
                return first.ended
        return None

    def count_failed(self, since: float, until: float) -> Counter[str]:
        """How many rounds each kind failed in."""
        between = [each for each in self.rounds if since <= each.ended < until]
        return Counter(kind for each in between for kind in each.failed)

    def _list_requests(self) -> list[tuple[str, str, str, Any]]:
        title = f"probe {uuid4()}"
        reads = [(name, "GET", path, None) for name, path in LISTS.items()]
        return [
            *reads,
            ("change_tasks", "POST", "/tasks", {"title": title}),
            ("talk", "POST", "/chat/messages", {"text": "list"}),
            ("sign_in", "POST", "/auth/sign-in", self.account),
        ]

    async def _try(self, name: str, method: str, path: str, body: Any) -> tuple[str, bool]:
        """A task that was added is edited, read and completed, too."""
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                made = await self._ask(method, path, body)
                if name == "change_tasks":
                    task = f"/tasks/{made['id']}"
                    await self._ask("PATCH", task, {"notes": "probed"})
                    await self._ask("POST", f"{task}/complete", None)
                    await self._ask("GET", task, None)
        except (aiohttp.ClientError, TimeoutError, ValueError, RefusedError):
            return name, False
        return name, True

    async def _ask(self, method: str, path: str, body: Any) -> Any:
        user = self.user if not path.startswith("/auth") else Api(self.user.session, self.user.edge)
        headers = {"idempotency_key": str(uuid4())} if method != "GET" else {}
        response = await user.ask(method, path, body, **headers)
        if response.status >= 300:
            raise RefusedError(response.status)
        if path == "/auth/sign-in":
            self.user.token = response.body["access_token"]
        return response.body


class RefusedError(Exception):
    """A response that is no success."""


async def sign_up_prober(nobody: Api) -> Prober:
    account = {"email": f"{uuid4()}@example.com", "password": "correct horse"}
    user = await nobody.sign_up(**account)
    return Prober(user, account)
