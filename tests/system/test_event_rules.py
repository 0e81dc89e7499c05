"""The rules of events (see docs/KAFKA.md), each on the real system."""

import asyncio
import json
import sqlite3
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiohttp
import pytest

from contracts.event import CLOUD_EVENT_CONTENT_TYPE
from devstack import credentials, faults
from devstack.addresses import AppAddress
from devstack.broker import Message, read_topic, write_topic
from devstack.health import list_checks_of
from devstack.paths import ROOT
from devstack.sidecars import copy_components_with_group
from devstack.stack import Stack
from tests.system.api import Api
from tests.system.collector import Collector
from tests.system.figures import counted, dead_letters, listen, notified
from tests.system.waiting import eventually

DETECTED_SECONDS = 12
"""Longer than daprd takes to notice that an app is gone (dapr.yaml: 3 probes, 3 s apart)."""


async def publish(stack: Stack, app: str, topic: str, event: Any) -> int:
    """Publish through the sidecar of `app`; returns the status."""
    token = credentials.ensure_secrets(stack.folder)["dapr-api"]["token"]
    url = f"{stack.addresses.app(app).sidecar_url}/v1.0/publish/pubsub/{topic}?metadata.partitionKey=k"
    headers = {"dapr-api-token": token, "content-type": CLOUD_EVENT_CONTENT_TYPE}
    async with (
        aiohttp.ClientSession() as session,
        session.post(url, data=json.dumps(event), headers=headers) as response,
    ):
        return response.status


async def events_of(stack: Stack, user: Api) -> list[dict[str, Any]]:
    """The user's task events as Kafka holds them, repeats left out."""
    found: dict[str, dict[str, Any]] = {}
    for message in await read_topic(stack.addresses, "todo-events"):
        if message.key == user.user["id"]:
            found.setdefault(message.event["id"], message.event)
    return list(found.values())


async def published(stack: Stack, user: Api, number: int) -> list[str]:
    """The ids of the user's events `task 0` to the last of `number`, oldest first."""
    events = await events_of(stack, user)
    titles = [event["data"]["task"]["title"] for event in events]
    assert titles == [f"task {each}" for each in range(number)]
    return [event["id"] for event in events]


async def an_event_of(stack: Stack, user: Api) -> dict[str, Any]:
    """An event the task service has published, to be published again."""
    await user.insist("POST", "/tasks", {"title": "first"})
    return (await eventually(lambda: events_of(stack, user), bool))[0]


@contextmanager
def locked_database(stack: Stack, app: str) -> Iterator[None]:
    """Somebody else writes to the app's database for as long as the block runs."""
    connection = sqlite3.connect(stack.folder.data / f"{app}.db", isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        connection.execute("ROLLBACK")
        connection.close()


class TestRule1:
    """An event that fails validation reaches the dead letters and blocks nothing."""

    async def test_wrong_data(self, healthy: Stack, ada: Api, operator: Api, hook: str) -> None:
        await listen(ada, hook)
        event = await an_event_of(healthy, ada)
        broken = event | {"id": str(uuid4()), "data": {"user_id": ada.user["id"], "task": {"id": 7}}}
        assert await publish(healthy, "task", "todo-events", broken) == 204
        await ada.insist("POST", "/tasks", {"title": "behind the poison"})
        await counted(ada, tasks_created=2)
        await notified(ada, 2)
        found = await eventually(
            lambda: dead_letters(operator), lambda all: sum(a["event_id"] == broken["id"] for a in all) >= 2
        )
        mine = [dead_letter for dead_letter in found if dead_letter["event_id"] == broken["id"]]
        assert {dead_letter["consumer"] for dead_letter in mine} == {"analytics", "notification"}
        assert all("task" in dead_letter["cause"] for dead_letter in mine)
        assert json.loads(mine[0]["event"])["data"] == broken["data"]

    @pytest.mark.parametrize(
        "poison", [b"not json at all", b"\xff\xfe\x00", b'{"half": ', b"[1, 2]", b'"text"']
    )
    async def test_no_event_at_all(
        self, healthy: Stack, ada: Api, operator: Api, hook: str, poison: bytes
    ) -> None:
        await listen(ada, hook)
        key = ada.user["id"].encode()
        before = len(await read_topic(healthy.addresses, "dlq"))
        await write_topic(healthy.addresses, "todo-events", poison, key)
        await ada.insist("POST", "/tasks", {"title": "behind the poison"})
        await counted(ada, seconds=45, tasks_created=1)
        await notified(ada, 1)

        async def buried() -> list[Message]:
            return (await read_topic(healthy.addresses, "dlq"))[before:]

        await eventually(buried, lambda found: len(found) >= 2)
        assert len(await dead_letters(operator)) > 0


class TestRule2:
    """The app down behind a live sidecar dead-letters nothing."""

    async def test_events_wait(self, healthy: Stack, ada: Api, hook: str) -> None:
        await listen(ada, hook)
        before = await read_topic(healthy.addresses, "dlq")
        with faults.keep_down(faults.find_app_pids(healthy.folder, "notification")):
            for number in range(20):
                await ada.insist("POST", "/tasks", {"title": f"task {number}"})
            await counted(ada, tasks_created=20)
            await asyncio.sleep(DETECTED_SECONDS)  # the time that passes is what is tested
        assert await notified(ada, 20, seconds=60) == await published(healthy, ada, 20)
        assert await read_topic(healthy.addresses, "dlq") == before


class TestRule3:
    """The same event twice has one effect."""

    async def test_repeats(self, healthy: Stack, ada: Api, hook: str) -> None:
        await listen(ada, hook)
        event = await an_event_of(healthy, ada)
        for _ in range(5):
            assert await publish(healthy, "task", "todo-events", event) == 204
        await ada.insist("POST", "/tasks", {"title": "last"})
        await counted(ada, tasks_created=2)
        await notified(ada, 2)


class TestRule4:
    """One user's events keep their order while publishing fails now and then."""

    async def test_sidecar_killed_while_publishing(self, healthy: Stack, ada: Api) -> None:
        task = (await ada.insist("POST", "/tasks", {"title": "0"})).body

        async def change() -> None:
            for number in range(1, 60):
                response = await ada.insist("PATCH", f"/tasks/{task['id']}", {"title": str(number)})
                assert response.status == 200, response.body

        async def disturb() -> None:
            for _ in range(3):
                await asyncio.sleep(1)  # in the middle of the changes
                faults.kill_processes(faults.find_sidecar_pids(healthy.folder, "task"))
                await eventually(_now(lambda: healthy.failing()), lambda failing: not failing)

        await asyncio.gather(change(), disturb())
        events = await eventually(lambda: events_of(healthy, ada), lambda found: len(found) >= 60)
        assert [event["data"]["task"]["version"] for event in events] == list(range(1, 61))

    async def test_broker_stopped_while_publishing(self, healthy: Stack, ada: Api) -> None:
        task = (await ada.insist("POST", "/tasks", {"title": "0"})).body
        for number in range(1, 40):
            if number % 10 == 0:
                with faults.pause_processes([faults.read_server_pid(healthy.folder, "kafka")]):
                    await ada.insist("PATCH", f"/tasks/{task['id']}", {"title": str(number)})
            else:
                await ada.insist("PATCH", f"/tasks/{task['id']}", {"title": str(number)})
        events = await eventually(lambda: events_of(healthy, ada), lambda found: len(found) >= 40)
        assert [event["data"]["task"]["version"] for event in events] == list(range(1, 41))


class TestRule5:
    """A rebalance during retries loses nothing and doubles nothing."""

    async def test_second_replica_joins(self, healthy: Stack, ada: Api, hook: str) -> None:
        await listen(ada, hook)
        before = await read_topic(healthy.addresses, "dlq")
        with locked_database(healthy, "notification"):
            for number in range(30):
                await ada.insist("POST", "/tasks", {"title": f"task {number}"})
            await counted(ada, tasks_created=30)
            replica = healthy.add_replica("notification")
            await eventually(_now(lambda: _is_reachable(replica)), bool)
        try:
            found = await notified(ada, 30, seconds=90)
        finally:
            healthy.remove_replica(replica)
        assert sorted(found) == sorted(await published(healthy, ada, 30))
        assert await read_topic(healthy.addresses, "dlq") == before


class TestRule6:
    """An app outside a topic's scopes can't subscribe to it; what it may hear it still does.

    Publishing is in test_edge.py; that dead-lettering still works, in rule 1.
    """

    async def test_subscribing(self, healthy: Stack, ada: Api, tmp_path: Path) -> None:
        notes = tmp_path / "deliveries.jsonl"
        curious = healthy.add_replica(
            "notification",
            env={"DELIVERIES": str(notes), "PYTHONPATH": str(ROOT), "TOPICS": "chat-events,todo-events"},
            components=copy_components_with_group(tmp_path, "curious"),
            command=[sys.executable, "-m", "tests.system.forgetful_app"],
        )
        try:
            response = await ada.insist("POST", "/chat/messages", {"text": "add milk"})
            assert response.status == 200, response.body
            await counted(ada, chat_messages=1)
            await ada.insist("POST", "/tasks", {"title": "behind it"})

            async def heard() -> set[str]:
                lines = notes.read_text().splitlines() if notes.exists() else []
                found = [json.loads(line) for line in lines]
                return {note["title"] for note in found if note["user_id"] == ada.user["id"]}

            assert await eventually(heard, lambda seen: "behind it" in seen, 60) == {"milk", "behind it"}
        finally:
            healthy.remove_replica(curious)


class TestRule8:
    """In a bulk answer only the missing entry comes again."""

    async def test_forgetful_consumer(self, healthy: Stack, ada: Api, tmp_path: Path) -> None:
        notes = tmp_path / "deliveries.jsonl"
        task = (await ada.insist("POST", "/tasks", {"title": "1"})).body
        for title in ("2", "forget me once", "4"):
            await ada.insist("PATCH", f"/tasks/{task['id']}", {"title": title})
        await eventually(lambda: events_of(healthy, ada), lambda found: len(found) == 4)
        forgetful = healthy.add_replica(
            "notification",
            env={"DELIVERIES": str(notes), "PYTHONPATH": str(ROOT)},
            components=copy_components_with_group(tmp_path, "forgetful"),
            command=[sys.executable, "-m", "tests.system.forgetful_app"],
        )
        try:

            async def delivered() -> Counter[str]:
                lines = notes.read_text().splitlines() if notes.exists() else []
                found = [json.loads(line) for line in lines]
                return Counter(note["title"] for note in found if note["user_id"] == ada.user["id"])

            expected = {"1": 1, "2": 1, "forget me once": 2, "4": 1}
            await eventually(delivered, lambda seen: seen == expected, seconds=60)
        finally:
            healthy.remove_replica(forgetful)


class TestRule9:
    """A sidecar killed in the middle of a handler costs nothing."""

    async def test_delivery_is_repeated(self, healthy: Stack, ada: Api, hook: str) -> None:
        await listen(ada, hook)
        with locked_database(healthy, "notification"):
            for number in range(10):
                await ada.insist("POST", "/tasks", {"title": f"task {number}"})
            await counted(ada, tasks_created=10)
            faults.kill_processes(faults.find_sidecar_pids(healthy.folder, "notification"))
        assert await notified(ada, 10, seconds=60) == await published(healthy, ada, 10)


class TestRule10:
    """A new consumer group sees old events: a read model can be built anew from them."""

    async def test_figures_are_the_same_again(self, healthy: Stack, ada: Api, tmp_path: Path) -> None:
        for number in range(5):
            task = (await ada.insist("POST", "/tasks", {"title": str(number)})).body
            await ada.insist("POST", f"/tasks/{task['id']}/complete")
        figures = await counted(ada, tasks_created=5, tasks_completed=5)
        with (
            faults.keep_down(faults.find_app_pids(healthy.folder, "analytics")),
            faults.keep_down(faults.find_sidecar_pids(healthy.folder, "analytics")),
        ):
            anew = healthy.add_replica(
                "analytics",
                env={"TODO_DATABASE_URL": f"sqlite+aiosqlite:///{tmp_path}/{{app}}.db"},
                components=copy_components_with_group(tmp_path, "analytics-anew"),
            )
            try:
                assert await counted(ada, seconds=60, tasks_created=5, tasks_completed=5) == figures
            finally:
                healthy.remove_replica(anew)


class TestRule11:
    """One trace id from browser to last consumer."""

    async def test_trace_reaches_every_service(self, healthy: Stack, ada: Api, collector: Collector) -> None:
        trace_id = uuid4().hex
        response = await ada.ask(
            "POST", "/tasks", {"title": "traced"}, traceparent=f"00-{trace_id}-00f067aa0ba902b7-01"
        )
        assert trace_id in response.headers["traceparent"]
        event = (await eventually(lambda: events_of(healthy, ada), bool))[0]
        assert trace_id in event["traceparent"]

        async def services() -> set[str]:
            return {service for service, _ in collector.spans[trace_id]}

        everybody = {"frontend", "task", "notification", "analytics"}
        await eventually(services, lambda seen: everybody <= seen)


def _is_reachable(instance: AppAddress) -> bool:
    return all(check.passes() for check in list_checks_of(instance))


def _now(look: Any) -> Any:
    async def looked() -> Any:
        return await asyncio.to_thread(look)

    return looked
