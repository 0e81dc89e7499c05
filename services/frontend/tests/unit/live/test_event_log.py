"""The log of live events: what is kept, and what goes first."""

from dataclasses import replace

import pytest
from frontend_service.live.event_log import EVENT_OVERHEAD_BYTES, EventLog, LiveEvent, LogLimits
from prometheus_client import REGISTRY

from contracts.names import Topic

DATA = b"x" * 100
SIZE = len(DATA) + EVENT_OVERHEAD_BYTES
LIMITS = LogLimits(bytes=5 * SIZE, seconds=60, users=10, user_bytes=3 * SIZE, user_events=10)


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def log(clock: Clock) -> EventLog:
    return EventLog(LIMITS, clock)


def append(log: EventLog, *names: str, data: bytes = DATA) -> None:
    """Events named `user/id`."""
    for name in names:
        user, _, id = name.partition("/")
        log.append(user, LiveEvent(id, "todo.task.created.v1", data))


def kept(log: EventLog, *users: str) -> list[str]:
    return [f"{user}/{event.id}" for user in users for event in log.open_log(user).events]


def evicted(reason: str) -> float:
    return REGISTRY.get_sample_value("todo_live_events_evicted_total", {"reason": reason}) or 0


class TestEventLog:
    def test_keeps_as_many_bytes_as_it_may_and_drops_the_oldest_of_all(self, log: EventLog) -> None:
        before = evicted("bytes")
        append(log, "ada/1", "bob/1", "ada/2", "cleo/1", "bob/2")
        assert kept(log, "ada", "bob", "cleo") == ["ada/1", "ada/2", "bob/1", "bob/2", "cleo/1"]
        append(log, "cleo/2", "cleo/3")
        assert kept(log, "ada", "bob", "cleo") == ["ada/2", "bob/2", "cleo/1", "cleo/2", "cleo/3"]
        assert log.held_bytes == LIMITS.bytes
        assert evicted("bytes") == before + 2

    def test_keeps_as_many_bytes_of_a_user_as_it_may(self, log: EventLog) -> None:
        before = evicted("user")
        append(log, "bob/1", "ada/1", "ada/2", "ada/3", "ada/4")
        assert kept(log, "ada", "bob") == ["ada/2", "ada/3", "ada/4", "bob/1"]
        assert evicted("user") == before + 1

    def test_keeps_as_many_events_of_a_user_as_it_may(self, clock: Clock) -> None:
        log = EventLog(replace(LIMITS, user_events=2), clock)
        append(log, "ada/1", "ada/2", "ada/3")
        assert kept(log, "ada") == ["ada/2", "ada/3"]

    def test_keeps_an_event_as_long_as_it_may(self, log: EventLog, clock: Clock) -> None:
        before = evicted("age")
        append(log, "ada/1")
        clock.now += LIMITS.seconds - 1
        append(log, "ada/2", "bob/1")
        assert kept(log, "ada", "bob") == ["ada/1", "ada/2", "bob/1"]
        clock.now += 1
        append(log, "bob/2")
        assert kept(log, "ada", "bob") == ["ada/2", "bob/1", "bob/2"]
        assert evicted("age") == before + 1

    def test_keeps_no_event_that_alone_is_too_much(self, log: EventLog) -> None:
        append(log, "ada/1")
        append(log, "ada/2", data=b"x" * LIMITS.user_bytes)
        assert kept(log, "ada") == []
        assert log.open_log("ada").first == 2
        assert log.held_bytes == 0

    def test_keeps_an_event_once(self, log: EventLog) -> None:
        append(log, "ada/1", "ada/2", "ada/1")
        assert kept(log, "ada") == ["ada/1", "ada/2"]

    def test_drops_the_user_who_was_there_longest_ago(self, clock: Clock) -> None:
        log, before = EventLog(replace(LIMITS, users=2), clock), evicted("users")
        append(log, "ada/1", "bob/1", "ada/2", "cleo/1")
        assert list(log._users) == ["ada", "cleo"]
        assert log.held_bytes == 3 * SIZE
        assert evicted("users") == before + 1

    def test_drops_others_for_a_connected_user_who_comes_first(self, clock: Clock) -> None:
        log = EventLog(replace(LIMITS, users=2), clock)
        log.open_log("ada").streams.append(object())  # type: ignore[arg-type]
        append(log, *(f"user{number}/1" for number in range(100)))
        assert len(log._users) <= 3
        assert "ada" in log._users

    def test_says_how_much_it_holds(self, log: EventLog) -> None:
        append(log, "ada/1", "bob/1")
        assert REGISTRY.get_sample_value("todo_live_events_bytes") == 2 * SIZE == log.held_bytes

    def test_holds_nothing_for_events_it_dropped(self, log: EventLog, clock: Clock) -> None:
        append(log, *(f"ada/{number}" for number in range(50)), *(f"user{each}/1" for each in range(50)))
        clock.now += LIMITS.seconds
        log.evict_expired()
        assert (log.held_bytes, len(log._order)) == (0, 0)
        assert {user.size for user in log._users.values()} == {0}


class TestUserLog:
    def test_knows_the_beginning_of_its_own_only(self, log: EventLog, clock: Clock) -> None:
        other, own = EventLog(LIMITS, clock).open_log("ada"), log.open_log("ada")
        assert own.find_starts(own.newest_ids()) == [0, 0]
        assert own.find_starts(other.newest_ids()) is None

    def test_knows_an_id_in_its_own_topic_only(self, log: EventLog) -> None:
        user = log.open_log("ada")
        beginning = user.newest_ids()
        log.append("ada", LiveEvent("n", "todo.notification.created.v1", DATA, Topic.NOTIFICATION_EVENTS))
        assert user.newest_ids() == [beginning[0], "n"]
        assert user.find_starts([beginning[0], "n"]) == [0, 1]
        assert user.find_starts(["n", beginning[1]]) is None
