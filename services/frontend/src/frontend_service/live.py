"""Live updates: what happened to a user, to every open page and API client of that user (SSE).

Each replica hears every event (`subscriptions`) and keeps each user's latest, so that a client that
was away for a moment names the last one it saw (`Last-Event-ID`) and gets what followed. If that is
no longer known it is told to read everything again (`reset`).
"""

import asyncio
import time
from collections import OrderedDict, deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

KEPT_EVENTS = 200
KEPT_USERS = 20_000
WAITING_EVENTS = 1_000
"""A client this far behind is cut off; it comes back and names the last event it saw."""
HEARTBEAT_SECONDS = 15


@dataclass(frozen=True, slots=True)
class LiveEvent:
    """One event as Server-Sent Events tell it; `data` is JSON on one line."""

    id: str
    type: str
    data: str

    def encode(self) -> bytes:
        return f"id: {self.id}\nevent: {self.type}\ndata: {self.data}\n\n".encode()


@dataclass(slots=True)
class _User:
    latest: deque[LiveEvent] = field(default_factory=lambda: deque(maxlen=KEPT_EVENTS))
    clients: set["asyncio.Queue[LiveEvent | None]"] = field(default_factory=set)


@dataclass(slots=True)
class Hub:
    """The clients of this replica and what they may still ask for."""

    _users: OrderedDict[str, _User] = field(default_factory=OrderedDict)

    def publish(self, user_id: str, event: LiveEvent) -> None:
        """Hand `event` to every client of the user; one that was seen already is not told again."""
        user = self._user(user_id)
        if any(known.id == event.id for known in user.latest):
            return
        user.latest.append(event)
        for client in list(user.clients):
            if client.qsize() >= WAITING_EVENTS:
                user.clients.discard(client)
                client.put_nowait(None)
            else:
                client.put_nowait(event)

    async def listen(self, user_id: str, last_seen: str, until: float) -> AsyncIterator[bytes]:
        """The stream for one client, until the Unix time `until`, when its token expires."""
        user = self._user(user_id)
        queue: asyncio.Queue[LiveEvent | None] = asyncio.Queue()
        user.clients.add(queue)
        try:
            yield b": connected\nretry: 1000\n\n"
            for chunk in _missed(user, last_seen):
                yield chunk
            while time.time() < until:
                try:
                    event = await asyncio.wait_for(queue.get(), HEARTBEAT_SECONDS)
                except TimeoutError:
                    yield b": still here\n\n"
                    continue
                if event is None:
                    return
                yield event.encode()
        finally:
            user.clients.discard(queue)

    def _user(self, user_id: str) -> _User:
        user = self._users.setdefault(user_id, _User())
        self._users.move_to_end(user_id)
        while len(self._users) > KEPT_USERS and not next(iter(self._users.values())).clients:
            self._users.popitem(last=False)
        return user


def _missed(user: _User, last_seen: str) -> list[bytes]:
    if not last_seen:
        return []
    ids = [event.id for event in user.latest]
    if last_seen not in ids:
        return [b"event: reset\ndata: {}\n\n"]
    return [event.encode() for event in list(user.latest)[ids.index(last_seen) + 1 :]]
