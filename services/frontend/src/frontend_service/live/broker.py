"""Live updates: what happened to a user, to every open page and API client of that user (SSE).

Each replica hears every event (`subscriptions`) and keeps each user's latest, so that a client that
was away for a moment names what it saw last (`Last-Event-ID`) and gets what followed, at whichever replica
it comes back to. If that is no longer known it is told to read everything again (`reset`).

Kafka keeps the order of one user's events within a topic, so all replicas have them in the same order, but
not between topics. So an id names the last event seen of each topic, with `.` between them; a dash where
none was there yet. A client may be told of an event twice, never of too little.
"""

import asyncio
import time
from collections import OrderedDict, deque
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field

from contracts.names import Topic

TOPICS = (Topic.TODO_EVENTS, Topic.NOTIFICATION_EVENTS)
NOTHING_SEEN = "-"
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
    topic: Topic = Topic.TODO_EVENTS

    def encode(self, cursor: str) -> bytes:
        """cursor: the id of the client's place in the stream, this event included."""
        return f"id: {cursor}\nevent: {self.type}\ndata: {self.data}\n\n".encode()


EventCursor = dict[Topic, str]
"""The last event seen of each topic."""


def _empty_topics() -> dict[Topic, deque[LiveEvent]]:
    return {topic: deque(maxlen=KEPT_EVENTS) for topic in TOPICS}


@dataclass(slots=True)
class _User:
    latest: dict[Topic, deque[LiveEvent]] = field(default_factory=_empty_topics)
    clients: set["asyncio.Queue[LiveEvent | None]"] = field(default_factory=set)


@dataclass(slots=True)
class SseBroker:
    """The clients of this replica and what they may still ask for.

    streams_of_a_user: open at once, at one replica.
    """

    streams_of_a_user: int = 100

    _users: OrderedDict[str, _User] = field(default_factory=OrderedDict)

    def publish(self, user_id: str, event: LiveEvent) -> None:
        """Hand `event` to every client of the user; one that was seen already is not told again."""
        user = self._find_user(user_id)
        latest = user.latest[event.topic]
        if any(known.id == event.id for known in latest):
            return
        latest.append(event)
        for client in list(user.clients):
            if client.qsize() >= WAITING_EVENTS:
                user.clients.discard(client)
                client.put_nowait(None)
            else:
                client.put_nowait(event)

    def is_full(self, user_id: str) -> bool:
        """Whether the user has as many clients as one may have."""
        return self.open_streams(user_id) >= self.streams_of_a_user

    def open_streams(self, user_id: str) -> int:
        """How many clients the user has at this replica."""
        return len(self._find_user(user_id).clients)

    async def subscribe(self, user_id: str, last_seen: str, until: float) -> AsyncGenerator[bytes, None]:
        """The stream for one client, until the Unix time `until`, when its token expires."""
        user = self._find_user(user_id)
        queue: asyncio.Queue[LiveEvent | None] = asyncio.Queue()
        user.clients.add(queue)
        try:
            cursor, missed = _resume(user, last_seen)
            yield f": connected\nretry: 1000\nid: {_encode_cursor(cursor)}\n\n".encode()
            if missed is None:
                yield b"event: reset\ndata: {}\n\n"
            for event in missed or ():
                yield _encode_event(event, cursor)
            while time.time() < until:
                try:
                    following = await asyncio.wait_for(queue.get(), HEARTBEAT_SECONDS)
                except TimeoutError:
                    yield b": still here\n\n"
                    continue
                if following is None:
                    return
                yield _encode_event(following, cursor)
        finally:
            user.clients.discard(queue)

    def _find_user(self, user_id: str) -> _User:
        user = self._users.setdefault(user_id, _User())
        self._users.move_to_end(user_id)
        while len(self._users) > KEPT_USERS and not next(iter(self._users.values())).clients:
            self._users.popitem(last=False)
        return user


def _encode_event(event: LiveEvent, cursor: EventCursor) -> bytes:
    """The event for a client at `cursor`, which moves on."""
    cursor[event.topic] = event.id
    return event.encode(_encode_cursor(cursor))


def _encode_cursor(cursor: EventCursor) -> str:
    return ".".join(cursor[topic] for topic in TOPICS)


def _newest_cursor(user: _User) -> EventCursor:
    return {topic: latest[-1].id if latest else NOTHING_SEEN for topic, latest in user.latest.items()}


def _resume(user: _User, last_seen: str) -> tuple[EventCursor, list[LiveEvent] | None]:
    """Where a client goes on, and what it missed; None if that is not known any more."""
    if not last_seen:
        return _newest_cursor(user), []
    seen = last_seen.split(".")
    if len(seen) != len(TOPICS):
        return _newest_cursor(user), None
    missed: list[LiveEvent] = []
    for topic, id in zip(TOPICS, seen, strict=True):
        following = _events_after(user.latest[topic], id)
        if following is None:
            return _newest_cursor(user), None
        missed += following
    return dict(zip(TOPICS, seen, strict=True)), missed


def _events_after(latest: deque[LiveEvent], id: str) -> list[LiveEvent] | None:
    ids = [event.id for event in latest]
    if id == NOTHING_SEEN:
        return list(latest) if len(latest) < KEPT_EVENTS else None
    return list(latest)[ids.index(id) + 1 :] if id in ids else None
