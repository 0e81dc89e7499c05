"""Figures and dead letters, on both databases."""

from datetime import UTC, datetime
from typing import Any

import pytest
from analytics_service import use_cases
from analytics_service.main import create
from analytics_service.schemas import Summary
from analytics_service.settings import Settings
from analytics_service.subscriptions import subscriptions

from conftest import OpenService, ServiceUnderTest
from contracts.chat import ChatMessageHandled
from contracts.task import TaskCompleted, TaskCreated, TaskEvent, TaskSnapshot
from contracts.user import UserDeleted

HANDLERS = subscriptions.handlers
OPERATOR = {"authorization": "Bearer operator"}


@pytest.fixture
async def analytics(open_service: OpenService) -> ServiceUnderTest:
    return await open_service(create, Settings)


def event(kind: type[TaskEvent], user: str = "ada") -> TaskEvent:
    now = datetime.now(UTC)
    empty: dict[str, Any] = dict.fromkeys(TaskSnapshot.model_fields)
    values = empty | {"id": "t1", "title": "milk", "notes": "", "done": False, "priority": 0, "labels": []}
    task = TaskSnapshot(**values | {"position": "a", "version": 1, "created_at": now, "updated_at": now})
    return kind(user_id=user, task=task)


async def summary(analytics: ServiceUnderTest, user: str = "ada") -> dict[str, int]:
    answer = await analytics.client.get("/analytics/summary", headers={"authorization": f"Bearer {user}"})
    return {name: value for name, value in answer.json().items() if value}


class TestSummary:
    async def test_of_nobody_is_all_zeros(self, analytics: ServiceUnderTest) -> None:
        answer = await analytics.client.get("/analytics/summary")
        assert answer.json() == dict.fromkeys(Summary.model_fields, 0)

    async def test_counts_each_kind_for_each_user(self, analytics: ServiceUnderTest) -> None:
        said = ChatMessageHandled(user_id="ada", conversation_id="c", message_id="m", actions=[])
        mine = [event(TaskCreated), event(TaskCreated), event(TaskCompleted), said]
        await analytics.receive(HANDLERS, *mine, event(TaskCreated, "bob"))
        assert await summary(analytics) == {"tasks_created": 2, "tasks_completed": 1, "chat_messages": 1}
        assert await summary(analytics, "bob") == {"tasks_created": 1}


class TestErasure:
    async def test_erases_the_user_and_nobody_else(self, analytics: ServiceUnderTest) -> None:
        await analytics.receive(HANDLERS, event(TaskCreated), event(TaskCreated, "bob"))
        await analytics.receive(HANDLERS, UserDeleted(user_id="ada"))
        assert await summary(analytics) == {}
        assert await summary(analytics, "bob") == {"tasks_created": 1}


class TestDeadLetters:
    async def _park(self, analytics: ServiceUnderTest, *raw: Any) -> list[dict[str, Any]]:
        for letter in raw:
            async with analytics.database.transaction() as session:
                await use_cases.park(session, letter)
        items: list[dict[str, Any]] = (
            await analytics.client.get("/ops/dead-letters", headers=OPERATOR)
        ).json()["items"]
        return items

    async def test_of_ours_keep_consumer_and_cause(self, analytics: ServiceUnderTest) -> None:
        data = {
            "consumer": "notification",
            "topic": "todo-events",
            "cause": "KeyError",
            "event": {"id": "e1"},
        }
        (found,) = await self._park(analytics, {"id": "x", "type": "todo.dead-letter.v1", "data": data})
        assert (found["event_id"], found["consumer"], found["cause"]) == ("e1", "notification", "KeyError")
        assert found["event"] == '{"id":"e1"}'

    async def test_of_dapr_keep_the_event(self, analytics: ServiceUnderTest) -> None:
        (found,) = await self._park(analytics, {"id": "e1", "topic": "todo-events", "data": {}})
        assert (found["event_id"], found["topic"], found["consumer"]) == ("e1", "todo-events", "")

    @pytest.mark.parametrize("raw", ["bm90IGpzb24=", None, 7, [], {}, {"type": "todo.dead-letter.v1"}])
    async def test_of_any_kind_are_parked(self, analytics: ServiceUnderTest, raw: Any) -> None:
        assert len(await self._park(analytics, raw)) == 1

    async def test_that_come_twice_are_parked_once(self, analytics: ServiceUnderTest) -> None:
        assert len(await self._park(analytics, {"id": "e1"}, {"id": "e1"}, {"id": "e2"})) == 2

    async def test_are_paged_newest_first(self, analytics: ServiceUnderTest) -> None:
        await self._park(analytics, *({"id": f"e{n}"} for n in range(5)))
        seen: list[str] = []
        query = ""
        while True:
            answer = await analytics.client.get(f"/ops/dead-letters?limit=2{query}", headers=OPERATOR)
            seen += [item["event_id"] for item in answer.json()["items"]]
            if not answer.json()["next_cursor"]:
                break
            query = f"&cursor={answer.json()['next_cursor']}"
        assert seen == ["e4", "e3", "e2", "e1", "e0"]

    async def test_are_for_operators_only(self, analytics: ServiceUnderTest) -> None:
        answer = await analytics.client.get("/ops/dead-letters")
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
