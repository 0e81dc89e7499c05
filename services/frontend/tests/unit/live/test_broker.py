"""The broker hands each user's events to that user's clients, and what was missed to who comes back."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
from frontend_service.live import broker as broker_module
from frontend_service.live.broker import LiveEvent, SseBroker

from contracts.names import Topic

FOREVER = 2.0**40


def event(id: str, lane: Topic = Topic.TODO_EVENTS) -> LiveEvent:
    return LiveEvent(id, "todo.task.created.v1", "{}", lane)


def told(chunk: bytes) -> str:
    """The first line, without what is said of a lane in which nothing happened."""
    return chunk.decode().partition("\n")[0].removesuffix(".-")


def position(chunk: bytes) -> str:
    """What a client would name as Last-Event-ID."""
    return next(line for line in chunk.decode().split("\n") if line.startswith("id: ")).removeprefix("id: ")


@pytest.fixture
def broker() -> SseBroker:
    return SseBroker()


async def connect(broker: SseBroker, last_seen: str = "", user: str = "ada") -> AsyncIterator[bytes]:
    stream = broker.subscribe(user, last_seen, FOREVER)
    assert told(await anext(stream)) == ": connected"
    return stream


class TestStreamClient:
    async def test_receives_events_of_its_user(self, broker: SseBroker) -> None:
        ada, bob = await connect(broker), await connect(broker, user="bob")
        broker.publish("ada", event("1"))
        broker.publish("bob", event("2"))
        assert await anext(ada) == b"id: 1.-\nevent: todo.task.created.v1\ndata: {}\n\n"
        assert told(await anext(bob)) == "id: 2"

    async def test_receives_an_event_once_however_often_it_arrives(self, broker: SseBroker) -> None:
        ada = await connect(broker)
        for id in ("1", "1", "2"):
            broker.publish("ada", event(id))
        assert [told(await anext(ada)), told(await anext(ada))] == ["id: 1", "id: 2"]

    async def test_receives_no_earlier_events(self, broker: SseBroker) -> None:
        broker.publish("ada", event("1"))
        ada = await connect(broker)
        broker.publish("ada", event("2"))
        assert told(await anext(ada)) == "id: 2"

    async def test_receives_heartbeats(self, broker: SseBroker, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(broker_module, "HEARTBEAT_SECONDS", 0.001)
        assert told(await anext(await connect(broker))) == ": still here"

    async def test_is_disconnected_when_its_token_expires(
        self, broker: SseBroker, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(broker_module, "HEARTBEAT_SECONDS", 0.001)
        chunks = [chunk async for chunk in broker.subscribe("ada", "", time.time() + 0.01)]
        assert told(chunks[0]) == ": connected"

    async def test_that_disconnects_is_removed(self, broker: SseBroker) -> None:
        ada = broker.subscribe("ada", "", FOREVER)
        await anext(ada)
        await ada.aclose()  # it is a generator
        assert not broker._users["ada"].clients


class TestResumingClient:
    async def test_gets_the_events_after_the_last_one_it_saw(self, broker: SseBroker) -> None:
        for id in ("1", "2", "3"):
            broker.publish("ada", event(id))
        ada = await connect(broker, last_seen="1.-")
        assert [told(await anext(ada)), told(await anext(ada))] == ["id: 2", "id: 3"]

    async def test_misses_no_event_during_the_replay(self, broker: SseBroker) -> None:
        for id in ("1", "2"):
            broker.publish("ada", event(id))
        ada = await connect(broker, last_seen="1.-")
        assert told(await anext(ada)) == "id: 2"
        broker.publish("ada", event("3"))
        assert told(await anext(ada)) == "id: 3"

    async def test_that_saw_everything_gets_no_event(self, broker: SseBroker) -> None:
        broker.publish("ada", event("1"))
        ada = await connect(broker, last_seen="1.-")
        broker.publish("ada", event("2"))
        assert told(await anext(ada)) == "id: 2"

    @pytest.mark.parametrize("last_seen", ["unknown", "0.-", "-.-", "x.y.z"])
    async def test_that_comes_too_late_gets_a_reset(self, broker: SseBroker, last_seen: str) -> None:
        for number in range(broker_module.KEPT_EVENTS + 1):
            broker.publish("ada", event(str(number)))
        assert told(await anext(await connect(broker, last_seen))) == "event: reset"


class TestTwoReplicas:
    """Each has the events of a topic in order, but the two topics mixed in a way of its own."""

    async def test_leave_no_gap_for_a_client_that_switches(self) -> None:
        one, two = SseBroker(), SseBroker()
        task, entry = event("t1"), event("n1", Topic.NOTIFICATION_EVENTS)
        first = await connect(one)
        one.publish("ada", entry)
        last_seen = position(await anext(first))
        one.publish("ada", task)
        for each in (task, entry):
            two.publish("ada", each)
        assert position(await anext(await connect(two, last_seen))) == "t1.n1"

    async def test_know_the_position_of_a_client_without_events(self) -> None:
        one, two = SseBroker(), SseBroker()
        for broker in (one, two):
            broker.publish("ada", event("before"))
        last_seen = position(await anext(one.subscribe("ada", "", FOREVER)))
        two.publish("ada", event("missed"))
        assert told(await anext(await connect(two, last_seen))) == "id: missed"


class TestSlowClient:
    async def test_is_disconnected_and_does_not_delay_others(self, broker: SseBroker) -> None:
        slow, quick = await connect(broker), await connect(broker)
        for number in range(broker_module.WAITING_EVENTS + 1):
            broker.publish("ada", event(str(number)))
            assert told(await anext(quick)) == f"id: {number}"
        heard = [chunk async for chunk in slow]
        assert len(heard) == broker_module.WAITING_EVENTS
        assert told(heard[-1]) == f"id: {broker_module.WAITING_EVENTS - 1}"


class TestBrokerWithManyUsers:
    async def test_evicts_the_user_disconnected_longest(
        self, broker: SseBroker, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(broker_module, "KEPT_USERS", 2)
        for user in ("ada", "bob", "cleo"):
            broker.publish(user, event("1"))
        assert list(broker._users) == ["bob", "cleo"]

    async def test_never_evicts_a_connected_user(
        self, broker: SseBroker, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(broker_module, "KEPT_USERS", 1)
        ada = await connect(broker)
        for user in ("bob", "cleo"):
            broker.publish(user, event("1"))
        broker.publish("ada", event("2"))
        assert told(await asyncio.wait_for(anext(ada), 1)) == "id: 2"
