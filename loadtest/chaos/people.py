"""The people of the chaos runs: the mix of the load tests, with a note of every answer to a write.

Each asks once in a pace, at a moment of their own. Who is refused (429, 503 `overloaded`) goes on with
something else: nothing was done, that is the promise the ledger holds the system to. Who got no response, or
one that doesn't say what was done, asks again with the same idempotency key until it is known.
"""

import asyncio
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any, NamedTuple
from uuid import uuid4

import aiohttp

from loadtest.chaos.ledger import ClientRecord
from loadtest.scenarios.shares import WRITES
from loadtest.scenarios.tasks import a_task
from tests.system.api import Api, ApiResponse

GOOD, REFUSED, FAILED = "good", "refused", "failed"
FIRST_TASKS = 3
LISTS = {
    "list_tasks": "/tasks",
    "read_notifications": "/notifications?unread=true",
    "read_account": "/users/me",
    "read_summary": "/analytics/summary",
}


class Attempt(NamedTuple):
    """One request. at: when it ended, `time.monotonic`."""

    at: float
    what: str
    became: str
    detail: str


@dataclass(frozen=True, slots=True)
class Write:
    """A write that may have been done or not. subject: what the ledger knows it by."""

    what: str
    method: str
    path: str
    body: dict[str, Any] | None
    subject: str
    key: str = field(default_factory=lambda: str(uuid4()))


@dataclass(slots=True)
class VirtualUser:
    """One user on one device. shares: how often what is asked."""

    user: Api
    record: ClientRecord
    shares: Mapping[str, int]
    attempts: list[Attempt]
    random: Random
    pace: float
    open: Write | None = None

    async def make_first_tasks(self) -> None:
        for _ in range(FIRST_TASKS):
            self._note_response(await self.user.insist("POST", "/tasks", a_task()))

    async def work_until(self, over: asyncio.Event) -> None:
        moment = self.random.uniform(0, self.pace)
        while not over.is_set():
            await asyncio.sleep((moment - time.monotonic()) % self.pace)
            (what,) = self.random.choices(list(self.shares), list(self.shares.values()))
            if what not in WRITES:
                await self._ask(what, "GET", self._choose_path(what))
            elif self.open:
                await self._send_write(self.open, is_first=False)
            else:
                await self._send_write(self._next_write(what), is_first=True)

    async def finish_open_write(self) -> None:
        """Ask for what is open until it is known, or nobody answers for a minute."""
        if self.open is None:
            return
        write = self.open
        try:
            response = await self.user.insist(write.method, write.path, write.body, idempotency_key=write.key)
        except (aiohttp.ClientError, TimeoutError):
            return
        if response.status < 300:
            self._note_response(response)
            self._close_write(write)

    def _choose_path(self, what: str) -> str:
        return LISTS.get(what) or f"/tasks/{self.random.choice(list(self.record.tasks))}"

    def _next_write(self, what: str) -> Write:
        unfinished = [id for id, task in self.record.tasks.items() if not task["done"]]
        if what == "complete_task" and unfinished:
            id = self.random.choice(unfinished)
            return Write(what, "POST", f"/tasks/{id}/complete", None, id)
        if what == "edit_task":
            id = self.random.choice(list(self.record.tasks))
            return Write(what, "PATCH", f"/tasks/{id}", {"notes": f"note {uuid4()}"}, id)
        body = a_task()
        return Write("add_task", "POST", "/tasks", body, body["title"])

    async def _send_write(self, write: Write, *, is_first: bool) -> None:
        """Until there is an answer the ledger doesn't know whether it was done."""
        self.open = write
        self.record.unanswered.add(write.subject)
        response = await self._ask(write.what, write.method, write.path, write.body, write.key)
        if response is None:
            return
        if response.status < 300:
            self._note_response(response)
            self._close_write(write)
        elif is_first and (is_refusal(response) or response.status == 401):
            self._close_write(write)

    def _close_write(self, write: Write) -> None:
        self.open = None
        self.record.unanswered.discard(write.subject)

    def _note_response(self, response: ApiResponse) -> None:
        assert response.status in (200, 201), response
        self.record.note_task(response.body)

    async def _ask(
        self, what: str, method: str, path: str, body: Any = None, key: str = ""
    ) -> ApiResponse | None:
        """What was answered, whatever it is; None for no response."""
        headers = {"idempotency_key": key} if key else {}
        try:
            response = await self.user.ask(method, path, body, **headers)
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            self.attempts.append(Attempt(time.monotonic(), what, FAILED, type(error).__name__))
            return None
        code = response.body.get("code", "") if isinstance(response.body, dict) else ""
        became = GOOD if response.status < 300 else REFUSED if is_refusal(response) else FAILED
        self.attempts.append(Attempt(time.monotonic(), what, became, f"{response.status} {code}".strip()))
        return response


def is_refusal(response: ApiResponse) -> bool:
    """Whether nothing was done because too much was asked."""
    overloaded = isinstance(response.body, dict) and response.body.get("code") == "overloaded"
    return response.status == 429 or (response.status == 503 and overloaded)


def list_attempts(attempts: list[Attempt], since: float, until: float) -> Iterator[Attempt]:
    return (each for each in attempts if since <= each.at < until)
