"""The dead-letter service on the real system: a replay reaches who gave up, and can be repeated."""

import asyncio
import json
import os
from typing import Any
from uuid import uuid4

from contracts.names import App, Topic
from devstack.paths import ROOT
from devstack.stack import Stack
from servicekit.messaging.dead_letters import build_dead_letter
from tests.system.api import Api, ApiResponse
from tests.system.figures import dead_letters, listen, notified
from tests.system.test_event_rules import an_event_of, publish
from tests.system.waiting import eventually


async def parked(operator: Api, event_id: str) -> dict[str, Any]:
    """The dead letter of an event, as soon as it is stored."""

    async def look() -> list[dict[str, Any]]:
        return [
            dead_letter for dead_letter in await dead_letters(operator) if dead_letter["event_id"] == event_id
        ]

    return (await eventually(look, bool))[0]


async def publish_dead_letter(
    stack: Stack, event: dict[str, Any], cause: str = "a bug, mended since"
) -> None:
    """Have the notification service give up an event it never saw."""
    dead_letter = build_dead_letter(App.NOTIFICATION, Topic.TODO_EVENTS, event["id"], event, cause)
    assert await publish(stack, "notification", "dlq", json.loads(dead_letter.payload)) == 204


async def replay(operator: Api, dead_letter: dict[str, Any]) -> ApiResponse:
    return await operator.insist("POST", f"/ops/dead-letters/{dead_letter['id']}/replay")


class TestReplay:
    async def test_has_the_effect_once_however_often(
        self, healthy: Stack, ada: Api, operator: Api, hook: str
    ) -> None:
        await listen(ada, hook)
        event = await an_event_of(healthy, ada) | {"id": str(uuid4())}
        await notified(ada, 1)
        await publish_dead_letter(healthy, event)
        dead_letter = await parked(operator, event["id"])
        first = await replay(operator, dead_letter)
        assert (first.body["state"], first.body["outcome"]) == ("replayed", "notification: done")
        again = await replay(operator, dead_letter)
        assert again.body["outcome"] == "notification: nothing to do"
        await notified(ada, 2)

    async def test_of_what_fails_again_says_why(self, healthy: Stack, ada: Api, operator: Api) -> None:
        event = await an_event_of(healthy, ada) | {"id": str(uuid4()), "data": {"user_id": ada.user["id"]}}
        await publish_dead_letter(healthy, event)
        found = await replay(operator, await parked(operator, event["id"]))
        assert (found.body["state"], found.body["failures"]) == ("parked", 2)
        assert "against its schema" in found.body["outcome"]

    async def test_is_not_for_users(self, ada: Api, operator: Api) -> None:
        response = await ada.ask("POST", "/ops/replays", {})
        assert (response.status, response.body["code"]) == (403, "forbidden")


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
    output, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, output.decode()


class TestCommandLine:
    async def test_lists_shows_and_replays(self, healthy: Stack, ada: Api, operator: Api, hook: str) -> None:
        await listen(ada, hook)
        event = await an_event_of(healthy, ada) | {"id": str(uuid4())}
        await notified(ada, 1)
        await publish_dead_letter(healthy, event)
        dead_letter = await parked(operator, event["id"])
        status, output = await make_dead_letters(operator)
        assert status == 0, output
        assert "todo-events  given up by notification" in output
        assert f"{dead_letter['id']}  todo-events  a bug, mended since" in output
        status, output = await make_dead_letters(operator, SHOW=dead_letter["id"])
        assert (status, json.loads(output[output.index("{") :])) == (0, event)
        assert f"cause  {dead_letter['cause']}" in output
        assert await make_dead_letters(operator, REPLAY=dead_letter["id"]) == (
            0,
            "replayed: notification: done\n",
        )
        await notified(ada, 2)
        _, output = await make_dead_letters(operator)
        assert dead_letter["id"] not in output

    async def test_of_what_fails_again_ends_with_an_error(
        self, healthy: Stack, ada: Api, operator: Api
    ) -> None:
        event = await an_event_of(healthy, ada) | {"id": str(uuid4()), "data": {"user_id": ada.user["id"]}}
        await publish_dead_letter(healthy, event)
        dead_letter = await parked(operator, event["id"])
        status, output = await make_dead_letters(operator, REPLAY=dead_letter["id"])
        assert status != 0
        assert "against its schema" in output
        status, output = await make_dead_letters(operator, REPLAY="all")
        assert status != 0
        assert "failed again" in output

    async def test_discards_with_a_reason(self, healthy: Stack, ada: Api, operator: Api) -> None:
        event = await an_event_of(healthy, ada) | {"id": str(uuid4())}
        await publish_dead_letter(healthy, event)
        dead_letter = await parked(operator, event["id"])
        status, output = await make_dead_letters(operator, DISCARD=dead_letter["id"])
        assert status != 0
        assert "422" in output
        output = (await make_dead_letters(operator, DISCARD=dead_letter["id"], REASON="nobody misses it"))[1]
        assert output == "discarded: nobody misses it\n"
        assert dead_letter["id"] not in (await make_dead_letters(operator))[1]

    async def test_is_not_for_users(self, ada: Api) -> None:
        status, output = await make_dead_letters(ada)
        assert status != 0
        assert "403" in output

    async def test_of_an_unknown_letter_says_so(self, operator: Api) -> None:
        status, output = await make_dead_letters(operator, SHOW=str(uuid4()))
        assert status != 0
        assert "404" in output
