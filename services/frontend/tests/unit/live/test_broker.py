"""The broker hands each user's events to that user's clients, and what was missed to who comes back."""

import asyncio
import re
import time
from collections.abc import AsyncGenerator

import pytest
from frontend_service.live import broker as broker_module
from frontend_service.live.broker import SseBroker
from frontend_service.live.event_log import EventLog, LiveEvent, LogLimits

from contracts.names import Topic

FOREVER = 2.0**40
KEPT_EVENTS = 3


def event(id: str, topic: Topic = Topic.TODO_EVENTS) -> LiveEvent:
    return LiveEvent(id, "todo.task.created.v1", b"{}", topic)


def first_line(chunk: bytes) -> str:
    """The first line, without the beginning of a topic in which nothing happened."""
    return re.sub(r"\.-[0-9a-f]+-\d+$", "", chunk.decode().partition("\n")[0])


def position(chunk: bytes) -> str:
    """What a client would name as Last-Event-ID."""
    return next(line for line in chunk.decode().split("\n") if line.startswith("id: ")).removeprefix("id: ")


@pytest.fixture
def broker() -> SseBroker:
    return SseBroker()


@pytest.fixture
def small_broker() -> SseBroker:
    """Keeps few events of a user."""
    return SseBroker(log=EventLog(LogLimits(user_events=KEPT_EVENTS)))


async def connect(broker: SseBroker, last_seen: str = "", user: str = "ada") -> AsyncGenerator[bytes, None]:
    stream = broker.subscribe(user, last_seen, FOREVER)
    assert first_line(await anext(stream)) == ": connected"
    return stream


class TestStreamClient:
    async def test_receives_events_of_its_user(self, broker: SseBroker) -> None:
        ada, bob = await connect(broker), await connect(broker, user="bob")
        broker.publish("ada", event("1"))
        broker.publish("bob", event("2"))
        first = await anext(ada)
        assert first_line(first) == "id: 1"
        assert first.partition(b"\n")[2] == b"event: todo.task.created.v1\ndata: {}\n\n"
        assert first_line(await anext(bob)) == "id: 2"

    async def test_receives_an_event_once_however_often_it_arrives(self, broker: SseBroker) -> None:
        ada = await connect(broker)
        for id in ("1", "1", "2"):
            broker.publish("ada", event(id))
        assert [first_line(await anext(ada)), first_line(await anext(ada))] == ["id: 1", "id: 2"]

    async def test_receives_no_earlier_events(self, broker: SseBroker) -> None:
        broker.publish("ada", event("1"))
        ada = await connect(broker)
        broker.publish("ada", event("2"))
        assert first_line(await anext(ada)) == "id: 2"

    async def test_receives_heartbeats(self, broker: SseBroker, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(broker_module, "HEARTBEAT_SECONDS", 0.001)
        assert first_line(await anext(await connect(broker))) == ": still here"

    async def test_is_disconnected_when_its_token_expires(
        self, broker: SseBroker, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(broker_module, "HEARTBEAT_SECONDS", 0.001)
        chunks = [chunk async for chunk in broker.subscribe("ada", "", time.time() + 0.01)]
        assert first_line(chunks[0]) == ": connected"

    async def test_that_disconnects_is_removed(self, broker: SseBroker) -> None:
        ada = broker.subscribe("ada", "", FOREVER)
        await anext(ada)
        await ada.aclose()  # it is a generator
        assert broker.open_streams("ada") == 0


async def cursor_after(broker: SseBroker, *ids: str) -> str:
    """What a client of ada names as seen last once it has seen events with these ids."""
    stream = await connect(broker)
    for id in ids:
        broker.publish("ada", event(id))
        last_seen = position(await anext(stream))
    await stream.aclose()
    return last_seen


class TestResumingClient:
    async def test_gets_the_events_after_the_last_one_it_saw(self, broker: SseBroker) -> None:
        last_seen = await cursor_after(broker, "1")
        for id in ("2", "3"):
            broker.publish("ada", event(id))
        ada = await connect(broker, last_seen)
        assert [first_line(await anext(ada)), first_line(await anext(ada))] == ["id: 2", "id: 3"]

    async def test_misses_no_event_during_the_replay(self, broker: SseBroker) -> None:
        last_seen = await cursor_after(broker, "1")
        broker.publish("ada", event("2"))
        ada = await connect(broker, last_seen)
        assert first_line(await anext(ada)) == "id: 2"
        broker.publish("ada", event("3"))
        assert first_line(await anext(ada)) == "id: 3"

    async def test_that_saw_everything_gets_no_event(self, broker: SseBroker) -> None:
        ada = await connect(broker, await cursor_after(broker, "1"))
        broker.publish("ada", event("2"))
        assert first_line(await anext(ada)) == "id: 2"

    async def test_that_saw_no_event_gets_the_first_one(self, broker: SseBroker) -> None:
        last_seen = position(await anext(broker.subscribe("ada", "", FOREVER)))
        broker.publish("ada", event("1"))
        assert first_line(await anext(await connect(broker, last_seen))) == "id: 1"

    @pytest.mark.parametrize("last_seen", ["unknown", "0.-", "-.-", "1.1", "x.y.z"])
    async def test_with_an_unknown_id_gets_a_reset(self, broker: SseBroker, last_seen: str) -> None:
        broker.publish("ada", event("1"))
        assert first_line(await anext(await connect(broker, last_seen))) == "event: reset"

    async def test_whose_next_event_was_evicted_gets_a_reset(self, small_broker: SseBroker) -> None:
        last_seen = await cursor_after(small_broker, "seen")
        for number in range(KEPT_EVENTS + 1):
            small_broker.publish("ada", event(str(number)))
        assert first_line(await anext(await connect(small_broker, last_seen))) == "event: reset"

    async def test_whose_last_event_alone_was_evicted_misses_nothing(self, small_broker: SseBroker) -> None:
        last_seen = await cursor_after(small_broker, "seen")
        for number in range(KEPT_EVENTS):
            small_broker.publish("ada", event(str(number)))
        ada = await connect(small_broker, last_seen)
        assert [first_line(await anext(ada)) for _ in range(KEPT_EVENTS)] == ["id: 0", "id: 1", "id: 2"]

    async def test_without_events_whose_first_one_was_evicted_gets_a_reset(
        self, small_broker: SseBroker
    ) -> None:
        last_seen = position(await anext(small_broker.subscribe("ada", "", FOREVER)))
        for number in range(KEPT_EVENTS + 1):
            small_broker.publish("ada", event(str(number)))
        assert first_line(await anext(await connect(small_broker, last_seen))) == "event: reset"

    async def test_goes_on_after_a_reset_from_where_everything_was_read(self, broker: SseBroker) -> None:
        broker.publish("ada", event("1"))
        stream = broker.subscribe("ada", "unknown", FOREVER)
        last_seen = position(await anext(stream))
        broker.publish("ada", event("2"))
        assert first_line(await anext(stream)) == "event: reset"
        for resumed in (stream, await connect(broker, last_seen)):
            assert first_line(await anext(resumed)) == "id: 2"


class TestTwoReplicas:
    """Each has the events of a topic in order, but the two topics mixed in a way of its own."""

    async def test_leave_no_gap_for_a_client_that_switches(self) -> None:
        one, two = SseBroker(), SseBroker()
        task, entry = event("t1"), event("n1", Topic.NOTIFICATION_EVENTS)
        for broker in (one, two):
            broker.publish("ada", event("t0"))
        first = await connect(one)
        one.publish("ada", entry)
        last_seen = position(await anext(first))
        assert last_seen == "t0.n1"
        one.publish("ada", task)
        for each in (event("t1"), event("n1", Topic.NOTIFICATION_EVENTS)):
            two.publish("ada", each)
        assert position(await anext(await connect(two, last_seen))) == "t1.n1"

    async def test_reset_a_client_whose_first_event_one_of_them_may_not_have(self) -> None:
        """A replica that was started after the event has the same empty log as one that was before it."""
        one, restarted = SseBroker(), SseBroker()
        last_seen = position(await anext(one.subscribe("ada", "", FOREVER)))
        one.publish("ada", event("missed"))
        assert first_line(await anext(await connect(restarted, last_seen))) == "event: reset"


class TestSlowClient:
    async def test_delays_no_other_and_gets_a_reset_for_what_was_evicted(
        self, small_broker: SseBroker
    ) -> None:
        slow, quick = await connect(small_broker), await connect(small_broker)
        for number in range(KEPT_EVENTS + 1):
            small_broker.publish("ada", event(str(number)))
            assert first_line(await anext(quick)) == f"id: {number}"
        reset = await anext(slow)
        assert reset.partition(b"\n")[2] == b"event: reset\ndata: {}\n\n"
        assert position(reset) == position(await anext(small_broker.subscribe("ada", "", FOREVER)))
        small_broker.publish("ada", event("after"))
        assert first_line(await anext(slow)) == "id: after"

    async def test_that_keeps_up_with_what_is_kept_misses_nothing(self, small_broker: SseBroker) -> None:
        slow = await connect(small_broker)
        for number in range(KEPT_EVENTS):
            small_broker.publish("ada", event(str(number)))
        assert [first_line(await anext(slow)) for _ in range(KEPT_EVENTS)] == ["id: 0", "id: 1", "id: 2"]


class TestBrokerWithManyUsers:
    async def test_resets_the_client_of_a_user_it_dropped(self) -> None:
        broker = SseBroker(log=EventLog(LogLimits(users=2)))
        last_seen = await cursor_after(broker, "1")
        for user in ("bob", "cleo"):
            broker.publish(user, event("1"))
        broker.publish("ada", event("2"))
        assert first_line(await anext(await connect(broker, last_seen))) == "event: reset"

    async def test_never_drops_a_connected_user(self) -> None:
        broker = SseBroker(log=EventLog(LogLimits(users=1)))
        ada = await connect(broker)
        for user in ("bob", "cleo"):
            broker.publish(user, event("1"))
        broker.publish("ada", event("2"))
        assert first_line(await asyncio.wait_for(anext(ada), 1)) == "id: 2"
