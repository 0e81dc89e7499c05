"""More requests than can be answered, on the running system: nothing collapses, is lost or doubled."""

import asyncio
import time
from collections import Counter
from uuid import uuid4

import aiohttp

from devstack.stack import Stack
from tests.system.api import Answer, Api
from tests.system.test_event_rules import locked_database
from tests.system.waiting import eventually

CROWD = 400


class TestADatabaseThatHangs:
    """Of one service, while many ask for it."""

    async def test_holds_up_no_other_service_and_loses_nothing(self, healthy: Stack, ada: Api) -> None:
        timeout = aiohttp.ClientTimeout(total=30)
        async with aiohttp.ClientSession(timeout=timeout, connector=aiohttp.TCPConnector(limit=0)) as session:
            crowd = Api(session, ada.edge, ada.token)
            with locked_database(healthy, "task"):
                asked = [
                    asyncio.create_task(
                        crowd.ask("POST", "/tasks", {"title": f"{n}"}, idempotency_key=str(uuid4()))
                    )
                    for n in range(CROWD)
                ]
                await eventually(lambda: _refused(asked), lambda number: number > CROWD / 2, seconds=8)
                for path in ("/users/me", "/notifications", "/analytics/summary"):
                    began = time.monotonic()
                    assert (await ada.ask("GET", path)).status == 200, path
                    assert time.monotonic() - began < 2, path
                assert healthy.failing() == []
            answers = await asyncio.gather(*asked)
        found = Counter((answer.status, answer.body.get("code", "")) for answer in answers)
        assert set(found) == {(201, ""), (503, "overloaded")}, found
        assert all(answer.headers["retry-after"] == "1" for answer in answers if answer.status == 503)
        made = {answer.body["id"] for answer in answers if answer.status == 201}
        assert {task["id"] for task in await ada.items("/tasks")} == made
        began = time.monotonic()
        assert (await ada.insist("POST", "/tasks", {"title": "after"})).status == 201
        assert time.monotonic() - began < 5


async def _refused(asked: list[asyncio.Task[Answer]]) -> int:
    return sum(task.done() and task.result().status == 503 for task in asked)
