"""The latest events of every user at this replica, for streams that are behind and clients that come back.

Bounded by age, by bytes, and by count, for each user and for all together; the oldest go first. Events of a
user are numbered as they arrive, so whoever still needs one that was evicted finds out, and never skips it.
"""

import asyncio
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count

from prometheus_client import Counter, Gauge

from contracts.names import Topic

TOPICS = (Topic.TODO_EVENTS, Topic.NOTIFICATION_EVENTS)
EVENT_OVERHEAD_BYTES = 448
"""Memory of an event beside its data: objects, id, places in both orders (decision 41)."""
EXAMINED_USERS = 8
"""How many users are looked at for one to drop, at most: a full log costs each new user the same."""

LIVE_BYTES = Gauge("todo_live_events_bytes", "Memory of the events kept for live streams")
EVICTED = Counter("todo_live_events_evicted_total", "Events no live stream can ask for any more", ["reason"])


@dataclass(slots=True, eq=False)
class LiveEvent:
    """One event as Server-Sent Events tell it; all streams of its user share it.

    data: JSON in UTF-8, on one line. arrived, size: set by `EventLog.append`, in seconds and bytes.
    """

    id: str
    type: str
    data: bytes
    topic: Topic = Topic.TODO_EVENTS
    arrived: float = 0
    size: int = 0

    def encode(self, cursor: str) -> bytes:
        """cursor: the id of the client's place in the stream, this event included."""
        return b"id: %b\nevent: %b\ndata: %b\n\n" % (cursor.encode(), self.type.encode(), self.data)


@dataclass(frozen=True, slots=True)
class LogLimits:
    """What is kept at most. `user_*`: of one user."""

    bytes: int = 64 * 1024**2
    seconds: int = 900
    users: int = 20_000
    user_bytes: int = 1024**2
    user_events: int = 400


@dataclass(slots=True, eq=False)
class UserLog:
    """The latest events of one user, in the order of their arrival.

    evicted_ids: of each of `TOPICS`, the id of the newest event that was evicted; before the first one an id
    that is this log's own, so that it stands for its beginning and for that of no other replica.
    first: the number of the first event that is kept. streams: set when there is more to read.
    """

    evicted_ids: list[str]
    events: list[LiveEvent] = field(default_factory=list)
    first: int = 0
    size: int = 0
    streams: list[asyncio.Event] = field(default_factory=list)

    @property
    def end(self) -> int:
        """The number of the next event."""
        return self.first + len(self.events)

    def newest_ids(self) -> list[str]:
        """The cursor of a stream that has seen everything: an id of each topic."""
        ids = list(self.evicted_ids)
        for event in self.events:
            ids[TOPICS.index(event.topic)] = event.id
        return ids

    def find_starts(self, ids: list[str]) -> list[int] | None:
        """The number of the first event of each topic after the one with this id; None if one isn't known."""
        if len(ids) != len(TOPICS):
            return None
        starts = [
            self._find_start(topic, *each) for topic, *each in zip(TOPICS, ids, self.evicted_ids, strict=True)
        ]
        known = [start for start in starts if start is not None]
        return known if len(known) == len(TOPICS) else None

    def _find_start(self, topic: Topic, id: str, evicted_id: str) -> int | None:
        if id == evicted_id:
            return self.first
        numbered = enumerate(self.events, self.first + 1)
        return next((after for after, event in numbered if event.id == id and event.topic == topic), None)


@dataclass(slots=True)
class EventLog:
    """The logs of all users. clock: seconds."""

    limits: LogLimits = LogLimits()
    clock: Callable[[], float] = time.monotonic
    held_bytes: int = 0

    _users: OrderedDict[str, UserLog] = field(default_factory=OrderedDict)
    """By who had an event or a stream last; the longest ago comes first."""
    _order: OrderedDict[LiveEvent, UserLog] = field(default_factory=OrderedDict)
    """All events by their arrival."""
    _beginnings: "count[int]" = field(default_factory=count)
    _name: str = field(default_factory=lambda: secrets.token_hex(6))

    def __len__(self) -> int:
        return len(self._order)

    def open_log(self, user_id: str) -> UserLog:
        """The log of the user, made if there is none; one nobody used for longest may go for it."""
        log = self._users.get(user_id)
        if log is None:
            self._make_room()
            beginning = f"-{self._name}-{next(self._beginnings)}"
            log = self._users[user_id] = UserLog([beginning] * len(TOPICS))
        else:
            self._users.move_to_end(user_id)
        return log

    def count_streams(self, user_id: str) -> int:
        log = self._users.get(user_id)
        return len(log.streams) if log else 0

    def append(self, user_id: str, event: LiveEvent) -> UserLog | None:
        """The log of the user with `event` in it; None if it was there already."""
        log = self.open_log(user_id)
        if any(kept.id == event.id for kept in log.events):
            return None
        event.arrived, event.size = self.clock(), len(event.data) + EVENT_OVERHEAD_BYTES
        log.events.append(event)
        self._order[event] = log
        log.size += event.size
        self.held_bytes += event.size
        while log.size > self.limits.user_bytes or len(log.events) > self.limits.user_events:
            self._evict_oldest(log, "user")
        self.evict_expired()
        LIVE_BYTES.set(self.held_bytes)
        return log

    def evict_expired(self) -> None:
        """Drop what is too old, and the oldest while all together is too much."""
        expired = self.clock() - self.limits.seconds
        while self._order:
            event, log = next(iter(self._order.items()))
            if self.held_bytes > self.limits.bytes:
                self._evict_oldest(log, "bytes")
            elif event.arrived <= expired:
                self._evict_oldest(log, "age")
            else:
                return

    def _evict_oldest(self, log: UserLog, reason: str) -> None:
        event = log.events.pop(0)
        del self._order[event]
        log.evicted_ids[TOPICS.index(event.topic)] = event.id
        log.first += 1
        log.size -= event.size
        self.held_bytes -= event.size
        EVICTED.labels(reason).inc()

    def _make_room(self) -> None:
        """For one more user: who has an open stream stays, beyond the limit if need be."""
        for _ in range(EXAMINED_USERS):
            if len(self._users) < self.limits.users:
                return
            user_id, log = self._users.popitem(last=False)
            if log.streams:
                self._users[user_id] = log
            while log.events and not log.streams:
                self._evict_oldest(log, "users")
