"""The ledger: what clients were told against what the stores hold, while everything is killed in turn."""

import asyncio
import json
from collections import defaultdict
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from random import Random
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from contracts.json_schema import topic_schema
from contracts.names import App, Topic
from devstack import faults
from devstack.broker import Message, read_topic
from devstack.stack import Stack
from tests.system.api import Api
from tests.system.figures import counted, listen, notified
from tests.system.waiting import eventually

USERS = 10
TASKS_EACH = 20
AWAY_SECONDS = 22


@dataclass(slots=True)
class Ledger:
    """What one user was told: the latest answer about each task."""

    user: Api
    tasks: dict[str, dict[str, Any]] = field(default_factory=dict)

    def note(self, task: dict[str, Any]) -> None:
        self.tasks[task["id"]] = task

    @property
    def events(self) -> int:
        """How many events all that must have caused: every version of every task is one."""
        return sum(task["version"] for task in self.tasks.values())


async def work(ledger: Ledger, random: Random, enough: asyncio.Event) -> None:
    """Create, edit and complete tasks, one after the other, until it is enough.

    Every response is insisted on.
    """
    user = ledger.user
    while len(ledger.tasks) < TASKS_EACH or not enough.is_set():
        number = len(ledger.tasks)
        task = await _change_task(user, "POST", "/tasks", {"title": f"task {number}"}, 201)
        if random.random() < 0.7:
            task = await _change_task(user, "PATCH", f"/tasks/{task['id']}", {"notes": f"note {number}"}, 200)
        if random.random() < 0.8:
            task = await _change_task(user, "POST", f"/tasks/{task['id']}/complete", None, 200)
        ledger.note(task)


async def _change_task(user: Api, method: str, path: str, json: Any, status: int) -> dict[str, Any]:
    response = await user.insist(method, path, json)
    assert response.status == status, response.body
    task: dict[str, Any] = response.body
    return task


async def assert_agrees(stack: Stack, ledger: Ledger) -> None:
    """Task service, Kafka, analytics and notifications agree with what the user was told."""
    user = ledger.user
    stored = {task["id"]: task for task in await user.items("/tasks")}
    assert stored == ledger.tasks
    messages = await eventually(
        lambda: _messages_of(stack, user), lambda found: len(_ids(found)) >= ledger.events, seconds=60
    )
    assert len(_ids(messages)) == ledger.events
    assert_in_order(messages)
    completed = sum(task["done"] for task in ledger.tasks.values())
    await counted(user, seconds=60, tasks_created=len(ledger.tasks), tasks_completed=completed)
    await notified(user, len(ledger.tasks) + completed, seconds=60)


async def _messages_of(stack: Stack, user: Api) -> list[Message]:
    return [m for m in await read_topic(stack.addresses, "todo-events") if m.key == user.user["id"]]


def _ids(messages: list[Message]) -> set[str]:
    return {message.event["id"] for message in messages}


def assert_in_order(messages: list[Message]) -> None:
    """All on one partition; versions of each task without gaps; events in the order they happened."""
    assert len({message.partition for message in messages}) == 1
    validator = Draft202012Validator(topic_schema(Topic.TODO_EVENTS))
    seen: set[str] = set()
    versions: dict[str, list[int]] = defaultdict(list)
    times: list[str] = []
    for message in messages:
        event = json.loads(message.value)
        validator.validate(event)
        if event["id"] not in seen:
            seen.add(event["id"])
            versions[event["subject"]].append(event["data"]["task"]["version"])
            times.append(event["time"])
    assert all(found == list(range(1, len(found) + 1)) for found in versions.values())
    assert times == sorted(times)


async def run_with(stack: Stack, nobody: Api, hook: str, disturb: Callable[[], Awaitable[None]]) -> None:
    """Let several users work while `disturb` does its worst, then compare."""
    ledgers = [Ledger(await nobody.sign_up()) for _ in range(USERS)]
    for ledger in ledgers:
        await listen(ledger.user, hook)
    enough = asyncio.Event()

    async def disturb_meanwhile() -> None:
        await disturb()
        enough.set()

    working = [work(ledger, Random(n), enough) for n, ledger in enumerate(ledgers)]
    await asyncio.gather(*working, disturb_meanwhile())
    for ledger in ledgers:
        await assert_agrees(stack, ledger)


class TestLedger:
    async def test_agrees_when_nothing_happens(self, healthy: Stack, nobody: Api, hook: str) -> None:
        async def nothing() -> None:
            pass

        await run_with(healthy, nobody, hook, nothing)

    async def test_agrees_while_each_service_is_killed_in_turn(
        self, healthy: Stack, nobody: Api, hook: str
    ) -> None:
        async def kill_each() -> None:
            for app in App:
                await kill_and_wait(healthy, faults.find_app_pids(healthy.folder, app))

        await run_with(healthy, nobody, hook, kill_each)

    async def test_agrees_while_each_sidecar_is_killed_in_turn(
        self, healthy: Stack, nobody: Api, hook: str
    ) -> None:
        async def kill_each() -> None:
            for app in App:
                await kill_and_wait(healthy, faults.find_sidecar_pids(healthy.folder, app))

        await run_with(healthy, nobody, hook, kill_each)

    @pytest.mark.parametrize("how", [faults.pause_processes, faults.keep_down])
    async def test_agrees_after_a_consumer_was_away_for_longer_than_it_takes_to_be_found_gone(
        self, healthy: Stack, nobody: Api, hook: str, how: Callable[[list[int]], AbstractContextManager[None]]
    ) -> None:
        """None of the events that came meanwhile is lost, or becomes a dead letter."""

        async def leave() -> None:
            with how(faults.find_app_pids(healthy.folder, App.NOTIFICATION)):
                await asyncio.sleep(AWAY_SECONDS)

        await run_with(healthy, nobody, hook, leave)


async def kill_and_wait(stack: Stack, pids: list[int]) -> None:
    """kill -9, then go on when everything answers again."""
    faults.kill_processes(pids)

    async def failing() -> list[str]:
        return await asyncio.to_thread(stack.failing)

    await asyncio.sleep(0.3)  # until the loss shows
    await eventually(failing, lambda names: not names, seconds=60)
