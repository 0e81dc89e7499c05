"""The dead-letter desk on the real system: a replay reaches who gave up, and can be repeated."""

import json
from typing import Any
from uuid import uuid4

from contracts.names import App, Topic
from devstack.stack import Stack
from servicekit.dead_letters import dead_letter
from tests.system.api import Answer, Api
from tests.system.figures import dead_letters, notified
from tests.system.test_event_rules import an_event_of, publish
from tests.system.waiting import eventually


async def parked(operator: Api, event_id: str) -> dict[str, Any]:
    """The letter about an event, as soon as the desk has it."""

    async def look() -> list[dict[str, Any]]:
        return [letter for letter in await dead_letters(operator) if letter["event_id"] == event_id]

    return (await eventually(look, bool))[0]


async def bury(stack: Stack, event: dict[str, Any]) -> None:
    """Have the notification service give up an event it never saw."""
    letter = dead_letter(App.NOTIFICATION, Topic.TODO_EVENTS, event["id"], event, "a bug, mended since")
    assert await publish(stack, "notification", "dlq", json.loads(letter.payload)) == 204


async def replay(operator: Api, letter: dict[str, Any]) -> Answer:
    return await operator.insist("POST", f"/ops/dead-letters/{letter['id']}/replay")


class TestReplay:
    async def test_has_the_effect_once_however_often(self, healthy: Stack, ada: Api, operator: Api) -> None:
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
