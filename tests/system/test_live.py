"""Live updates: what happens is told to every open client, at every replica."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import orjson

from devstack import faults
from devstack.stack import Stack
from tests.system.api import Api
from tests.system.test_failures import is_problem
from tests.system.waiting import eventually


@dataclass(slots=True)
class Listener:
    """What one client of the stream has been told."""

    events: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)
    """Id, type and data of each."""
    connected: asyncio.Event = field(default_factory=asyncio.Event)

    async def read(self, response: aiohttp.ClientResponse) -> None:
        lines: dict[str, str] = {}
        async for raw in response.content:
            line = raw.decode().rstrip("\n")
            self.connected.set()
            if line:
                name, _, value = line.partition(": ")
                lines[name] = value
            elif "event" in lines:
                self.events.append((lines.get("id", ""), lines["event"], orjson.loads(lines["data"])))
                lines = {}

    def titles(self, type: str) -> list[str]:
        return [data["task"]["title"] for _, seen, data in self.events if seen == type]


@asynccontextmanager
async def listening(user: Api, edge: str, last_seen: str = "") -> AsyncIterator[Listener]:
    """A client of the stream, connected."""
    headers = {"authorization": f"Bearer {user.token}"} | ({"last-event-id": last_seen} if last_seen else {})
    listener = Listener()
    async with user.session.get(f"{edge}/api/v1/stream", headers=headers) as response:
        assert response.status == 200
        assert response.headers["content-type"].startswith("text/event-stream")
        reading = asyncio.create_task(listener.read(response))
        await asyncio.wait_for(listener.connected.wait(), 10)
        yield listener
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)


async def wait_for_events(listener: Listener, type: str, titles: list[str]) -> None:
    """Wait until the listener was told of these tasks, in this order, and no others."""

    async def seen() -> list[str]:
        return listener.titles(type)

    assert await eventually(seen, lambda found: len(found) >= len(titles)) == titles


class TestStream:
    async def test_tells_every_replica_in_order(self, healthy: Stack, ada: Api) -> None:
        one, two = (healthy.addresses.app(name).url for name in ("frontend", "frontend-2"))
        async with listening(ada, one) as first, listening(ada, two) as second:
            for number in range(20):
                await ada.insist("POST", "/tasks", {"title": str(number)})
            for listener in (first, second):
                await wait_for_events(listener, "todo.task.created.v1", [str(number) for number in range(20)])

    async def test_tells_nobody_else(self, healthy: Stack, nobody: Api, ada: Api) -> None:
        bob = await nobody.sign_up()
        async with listening(bob, ada.edge) as listener:
            await ada.insist("POST", "/tasks", {"title": "private"})
            await bob.insist("POST", "/tasks", {"title": "bob's"})
            await wait_for_events(listener, "todo.task.created.v1", ["bob's"])

    async def test_goes_on_after_the_last_event_seen(self, healthy: Stack, ada: Api) -> None:
        async with listening(ada, ada.edge) as listener:
            await ada.insist("POST", "/tasks", {"title": "seen"})
            await wait_for_events(listener, "todo.task.created.v1", ["seen"])
        last_seen = next(id for id, type, _ in listener.events if type == "todo.task.created.v1")
        await ada.insist("POST", "/tasks", {"title": "missed"})
        async with listening(ada, ada.edge, last_seen) as again:
            await wait_for_events(again, "todo.task.created.v1", ["missed"])

    async def test_says_so_when_it_does_not_know_what_was_missed(self, healthy: Stack, ada: Api) -> None:
        async with listening(ada, ada.edge, "unknown") as listener:

            async def types() -> list[str]:
                return [type for _, type, _ in listener.events]

            await eventually(types, lambda seen: "reset" in seen)

    async def test_needs_a_token(self, nobody: Api) -> None:
        assert is_problem(await nobody.ask("GET", "/stream"), 401, "token-missing")

    async def test_mends_itself_when_the_sidecar_was_killed(self, healthy: Stack, ada: Api) -> None:
        async with listening(ada, healthy.addresses.edge) as listener:
            faults.kill_processes(faults.find_sidecar_pids(healthy.folder, "frontend"))

            async def heard() -> list[str]:
                await ada.insist("POST", "/tasks", {"title": "after"})
                return listener.titles("todo.task.created.v1")

            await eventually(heard, bool, seconds=60)
