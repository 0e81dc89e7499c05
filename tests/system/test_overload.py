"""More requests than can be answered, on the running system: nothing collapses, is lost or doubled."""

import asyncio
import time
from collections import Counter
from uuid import uuid4

import aiohttp

from devstack.stack import Stack
from tests.system.api import Api, ApiResponse
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
                requests = [
                    asyncio.create_task(
                        crowd.ask("POST", "/tasks", {"title": f"{n}"}, idempotency_key=str(uuid4()))
                    )
                    for n in range(CROWD)
                ]
                await eventually(lambda: _refused(requests), lambda number: number > CROWD / 2, seconds=8)
                for path in ("/users/me", "/notifications", "/analytics/summary"):
                    began = time.monotonic()
                    assert (await ada.ask("GET", path)).status == 200, path
                    assert time.monotonic() - began < 2, path
                assert healthy.failing() == []
            responses = await asyncio.gather(*requests)
        found = Counter((response.status, response.body.get("code", "")) for response in responses)
        assert set(found) == {(201, ""), (503, "overloaded")}, found
        assert all(response.headers["retry-after"] == "1" for response in responses if response.status == 503)
        made = {response.body["id"] for response in responses if response.status == 201}
        assert {task["id"] for task in await ada.items("/tasks")} == made
        began = time.monotonic()
        assert (await ada.insist("POST", "/tasks", {"title": "after"})).status == 201
        assert time.monotonic() - began < 5


async def _refused(requests: list[asyncio.Task[ApiResponse]]) -> int:
    return sum(task.done() and task.result().status == 503 for task in requests)
