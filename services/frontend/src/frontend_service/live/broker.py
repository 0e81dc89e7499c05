"""Live updates: what happened to a user, to every open page and API client of that user (SSE).

Each replica hears every event (`subscriptions`) and keeps each user's latest (`event_log`), so that a client
that was away for a moment names what it saw last (`Last-Event-ID`) and gets what followed, at whichever
replica it comes back to. If that is no longer known it is told to read everything again (`reset`).

Kafka keeps the order of one user's events within a topic, so all replicas have them in the same order, but
not between topics. So an id names the last event seen of each topic, with `.` between them. A client may be
told of an event twice, never of too little.
"""

import asyncio
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field

from frontend_service.live.event_log import TOPICS, EventLog, LiveEvent, UserLog

HEARTBEAT_SECONDS = 15
RESET = b"event: reset\ndata: {}\n\n"


@dataclass(slots=True)
class SseBroker:
    """The clients of this replica and what they may still ask for.

    streams_of_a_user: open at once, at one replica.
    """

    streams_of_a_user: int = 100
    log: EventLog = field(default_factory=EventLog)

    def publish(self, user_id: str, event: LiveEvent) -> None:
        """Hand `event` to every client of the user; one that was seen already is not told again."""
        log = self.log.append(user_id, event)
        for wake_up in log.streams if log else ():
            wake_up.set()

    def is_full(self, user_id: str) -> bool:
        """Whether the user has as many clients as one may have."""
        return self.open_streams(user_id) >= self.streams_of_a_user

    def open_streams(self, user_id: str) -> int:
        """How many clients the user has at this replica."""
        return self.log.count_streams(user_id)

    async def subscribe(self, user_id: str, last_seen: str, until: float) -> AsyncGenerator[bytes, None]:
        """The stream for one client, until the Unix time `until`, when its token expires.

        It reads the log of the user, as do the user's other streams: one that is behind holds nothing back,
        and if what it would read next was evicted, its client is told to read everything again.
        """
        self.log.evict_expired()
        log, wake_up = self.log.open_log(user_id), asyncio.Event()
        log.streams.append(wake_up)
        try:
            place = _resume(log, last_seen)
            yield f": connected\nretry: 1000\nid: {place.cursor}\n\n".encode()
            if place.is_lost:
                yield RESET
            while time.time() < until:
                if place.next < log.first:
                    place = _Place.after_everything(log)
                    yield f"id: {place.cursor}\n".encode() + RESET
                elif place.next < log.end:
                    if following := place.read(log):
                        yield following
                else:
                    wake_up.clear()
                    try:
                        await asyncio.wait_for(wake_up.wait(), HEARTBEAT_SECONDS)
                    except TimeoutError:
                        yield b": still here\n\n"
        finally:
            log.streams.remove(wake_up)


@dataclass(slots=True)
class _Place:
    """Where a stream is in the log of its user.

    ids: of the last event seen, of each topic. starts: the first number not seen, of each topic.
    next: the number to be read next. is_lost: the client missed what is not known any more.
    """

    ids: list[str]
    starts: list[int]
    next: int
    is_lost: bool = False

    @classmethod
    def after_everything(cls, log: UserLog, *, is_lost: bool = False) -> "_Place":
        return cls(log.newest_ids(), [log.end] * len(TOPICS), log.end, is_lost)

    @property
    def cursor(self) -> str:
        return ".".join(self.ids)

    def read(self, log: UserLog) -> bytes:
        """The next event for the client, encoded; empty if it has seen it."""
        number, event = self.next, log.events[self.next - log.first]
        topic = TOPICS.index(event.topic)
        self.next += 1
        if number < self.starts[topic]:
            return b""
        self.ids[topic] = event.id
        return event.encode(self.cursor)


def _resume(log: UserLog, last_seen: str) -> _Place:
    """Where a client goes on that saw `last_seen` last; empty: whatever comes."""
    if not last_seen:
        return _Place.after_everything(log)
    ids = last_seen.split(".")
    starts = log.find_starts(ids)
    return _Place(ids, starts, min(starts)) if starts else _Place.after_everything(log, is_lost=True)
