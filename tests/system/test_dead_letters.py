"""The dead-letter desk on the real system: a replay reaches who gave up, and can be repeated."""

import asyncio
import json
import os
from typing import Any
from uuid import uuid4

from contracts.names import App, Topic
from devstack.paths import ROOT
from devstack.stack import Stack
from servicekit.messaging.dead_letters import build_dead_letter
from tests.system.api import Answer, Api
from tests.system.figures import dead_letters, listen, notified
from tests.system.test_event_rules import an_event_of, publish
from tests.system.waiting import eventually


async def parked(operator: Api, event_id: str) -> dict[str, Any]:
    """The letter about an event, as soon as the desk has it."""

    async def look() -> list[dict[str, Any]]:
        return [letter for letter in await dead_letters(operator) if letter["event_id"] == event_id]

    return (await eventually(look, bool))[0]


async def bury(stack: Stack, event: dict[str, Any]) -> None:
    """Have the notification service give up an event it never saw."""
    letter = build_dead_letter(App.NOTIFICATION, Topic.TODO_EVENTS, event["id"], event, "a bug, mended since")
    assert await publish(stack, "notification", "dlq", json.loads(letter.payload)) == 204


async def replay(operator: Api, letter: dict[str, Any]) -> Answer:
    return await operator.insist("POST", f"/ops/dead-letters/{letter['id']}/replay")


class TestReplay:
    async def test_has_the_effect_once_however_often(
        self, healthy: Stack, ada: Api, operator: Api, hook: str
    ) -> None:
        await listen(ada, hook)
        event = await an_event_of(healthy, ada) | {"id": str(uuid4())}
        await notified(ada, 1)
        await bury(healthy, event)
        letter = await parked(operator, event["id"])
        first = await replay(operator, letter)
        assert (first.body["state"], first.body["outcome"]) == ("replayed", "notification: done")
        again = await replay(operator, letter)
        assert again.body["outcome"] == "notification: nothing to do"
        await notified(ada, 2)

    async def test_of_what_fails_again_says_why(self, healthy: Stack, ada: Api, operator: Api) -> None:
        event = await an_event_of(healthy, ada) | {"id": str(uuid4()), "data": {"user_id": ada.user["id"]}}
        await bury(healthy, event)
        found = await replay(operator, await parked(operator, event["id"]))
        assert (found.body["state"], found.body["failures"]) == ("parked", 2)
        assert "against its schema" in found.body["outcome"]

    async def test_is_not_for_users(self, ada: Api, operator: Api) -> None:
        answer = await ada.ask("POST", "/ops/replays", {})
        assert (answer.status, answer.body["code"]) == (403, "forbidden")


async def make_dead_letters(operator: Api, **variables: str) -> tuple[int, str]:
    """`make dead-letters`, as somebody types it; returns the exit status and what it prints."""
    words = [f"{name}={value}" for name, value in ({"EDGE": operator.edge} | variables).items()]
    process = await asyncio.create_subprocess_exec(
        *("make", "--no-print-directory", "dead-letters", *words),
        cwd=ROOT,
        env=os.environ | {"TODO_TOKEN": operator.token},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, said.decode()


class TestCommandLine:
    async def test_lists_shows_and_replays(self, healthy: Stack, ada: Api, operator: Api, hook: str) -> None:
        await listen(ada, hook)
        event = await an_event_of(healthy, ada) | {"id": str(uuid4())}
        await notified(ada, 1)
        await bury(healthy, event)
        letter = await parked(operator, event["id"])
        status, said = await make_dead_letters(operator)
        assert status == 0, said
        assert "todo-events  given up by notification" in said
        assert f"{letter['id']}  todo-events  a bug, mended since" in said
        status, said = await make_dead_letters(operator, SHOW=letter["id"])
        assert (status, json.loads(said[said.index("{") :])) == (0, event)
        assert f"cause  {letter['cause']}" in said
        assert await make_dead_letters(operator, REPLAY=letter["id"]) == (0, "replayed: notification: done\n")
        await notified(ada, 2)
        _, said = await make_dead_letters(operator)
        assert letter["id"] not in said

    async def test_of_what_fails_again_ends_with_an_error(
        self, healthy: Stack, ada: Api, operator: Api
    ) -> None:
        event = await an_event_of(healthy, ada) | {"id": str(uuid4()), "data": {"user_id": ada.user["id"]}}
        await bury(healthy, event)
        letter = await parked(operator, event["id"])
        status, said = await make_dead_letters(operator, REPLAY=letter["id"])
        assert status != 0
        assert "against its schema" in said
        status, said = await make_dead_letters(operator, REPLAY="all")
        assert status != 0
        assert "failed again" in said

    async def test_discards_with_a_reason(self, healthy: Stack, ada: Api, operator: Api) -> None:
        event = await an_event_of(healthy, ada) | {"id": str(uuid4())}
        await bury(healthy, event)
        letter = await parked(operator, event["id"])
        status, said = await make_dead_letters(operator, DISCARD=letter["id"])
        assert status != 0
        assert "422" in said
        said = (await make_dead_letters(operator, DISCARD=letter["id"], REASON="nobody misses it"))[1]
        assert said == "discarded: nobody misses it\n"
        assert letter["id"] not in (await make_dead_letters(operator))[1]

    async def test_is_not_for_users(self, ada: Api) -> None:
        status, said = await make_dead_letters(ada)
        assert status != 0
        assert "403" in said

    async def test_of_an_unknown_letter_says_so(self, operator: Api) -> None:
        status, said = await make_dead_letters(operator, SHOW=str(uuid4()))
        assert status != 0
        assert "404" in said
