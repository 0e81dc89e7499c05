"""Figures, on both databases."""

import asyncio
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
from contracts.event import wrap
from contracts.task import TaskCompleted, TaskCreated, TaskEvent, TaskSnapshot
from contracts.user import UserDeleted
from tests.blocked import until_blocked

HANDLERS = subscriptions.handlers


@pytest.fixture
async def analytics(open_service: OpenService) -> ServiceUnderTest:
    return await open_service(create, Settings)


def event(kind: type[TaskEvent], user: str = "ada") -> TaskEvent:
    now = datetime.now(UTC)
    required = (name for name, each in TaskSnapshot.model_fields.items() if each.is_required())
    empty: dict[str, Any] = dict.fromkeys(required)
    values = empty | {
        "id": "t1",
        "title": "milk",
        "notes": "",
        "done": False,
        "priority": 0,
        "labels": [],
        "reminders": [],
    }
    task = TaskSnapshot(**values | {"position": "a", "version": 1, "created_at": now, "updated_at": now})
    return kind(user_id=user, task=task)


async def summary(analytics: ServiceUnderTest, user: str = "ada") -> dict[str, int]:
    response = await analytics.client.get("/analytics/summary", headers={"authorization": f"Bearer {user}"})
    return {name: value for name, value in response.json().items() if value}


SAID = ChatMessageHandled(user_id="ada", conversation_id="c", message_id="m", actions=[])


class TestSummary:
    async def test_of_nobody_is_all_zeros(self, analytics: ServiceUnderTest) -> None:
        response = await analytics.client.get("/analytics/summary")
        assert response.json() == dict.fromkeys(Summary.model_fields, 0)

    async def test_counts_each_kind_for_each_user(self, analytics: ServiceUnderTest) -> None:
        mine = [event(TaskCreated), event(TaskCreated), event(TaskCompleted), SAID]
        await analytics.receive(HANDLERS, *mine, event(TaskCreated, "bob"))
        assert await summary(analytics) == {"tasks_created": 2, "tasks_completed": 1, "chat_messages": 1}
        assert await summary(analytics, "bob") == {"tasks_created": 1}


class TestErasure:
    async def test_erases_the_user_and_nobody_else(self, analytics: ServiceUnderTest) -> None:
        await analytics.receive(HANDLERS, event(TaskCreated), event(TaskCreated, "bob"))
        await analytics.receive(HANDLERS, UserDeleted(user_id="ada"))
        assert await summary(analytics) == {}
        assert await summary(analytics, "bob") == {"tasks_created": 1}

    async def test_holds_against_events_of_other_topics_that_come_late(
        self, analytics: ServiceUnderTest
    ) -> None:
        await analytics.receive(HANDLERS, UserDeleted(user_id="ada"))
        await analytics.receive(HANDLERS, event(TaskCreated), SAID, event(TaskCreated, "bob"))
        assert await summary(analytics) == {}
        assert await summary(analytics, "bob") == {"tasks_created": 1}

    async def test_holds_when_it_is_told_again(self, analytics: ServiceUnderTest) -> None:
        for _ in range(2):
            await analytics.receive(HANDLERS, UserDeleted(user_id="ada"))
            await analytics.receive(HANDLERS, event(TaskCompleted))
        assert await summary(analytics) == {}

    async def test_waits_for_what_is_being_counted(self, analytics: ServiceUnderTest) -> None:
        async with analytics.database.transaction() as session:
            await use_cases.count_events(session, [(envelope(event(TaskCreated)), "tasks_created")])
            erasing = asyncio.create_task(analytics.receive(HANDLERS, UserDeleted(user_id="ada")))
            await until_blocked(analytics.database)
        await erasing
        assert await summary(analytics) == {}

    async def test_lets_what_is_counted_meanwhile_wait(self, analytics: ServiceUnderTest) -> None:
        async with analytics.database.transaction() as session:
            await use_cases.purge_user(session, "ada")
            counting = asyncio.create_task(analytics.receive(HANDLERS, event(TaskCreated)))
            await until_blocked(analytics.database)
        await counting
        assert await summary(analytics) == {}


def envelope(event: TaskEvent) -> Any:
    return wrap(event, id="e1", source="/", time=datetime.now(UTC), traceparent="")
