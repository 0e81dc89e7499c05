"""The inbox: what events put into it, and what the API shows of it. On both databases."""

import json
from typing import Any

import pytest
from notification_service.models import Notification
from notification_service.notification_rules import IN_INBOX, RULES
from notification_service.subscriptions import CHANGES, subscriptions
from opentelemetry.trace import NoOpTracer
from sqlalchemy import func, select

from conftest import ServiceUnderTest
from contracts.catalogue import EVENTS
from contracts.event import Event
from contracts.names import Topic
from contracts.task import (
    TaskCreated,
    TaskDeleted,
    TaskEvent,
    TaskUpdated,
)
from contracts.user import UserDeleted
from servicekit.dapr.sidecar import Sidecar
from servicekit.messaging.consumer import DeliveryStatus, EventConsumer, parse_message
from services.notification.tests.events import event, imported

HANDLERS = subscriptions.handlers


async def inbox(notification: ServiceUnderTest, query: str = "") -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await notification.client.get(f"/notifications{query}")).json()["items"]
    return items


async def stored(notification: ServiceUnderTest) -> int:
    async with notification.database.reading() as session:
        return await session.scalar(select(func.count()).select_from(Notification)) or 0


def changed(kind: type[TaskEvent]) -> TaskEvent:
    return event(kind, extra={"changed": ["title"]} if kind is TaskUpdated else None)


class TestContents:
    def test_are_decided_for_every_event(self) -> None:
        assert set(RULES) == set(EVENTS)

    def test_of_the_inbox_are_of_kinds_it_has(self) -> None:
        assert {content.kind for content in RULES.values() if content.in_inbox} <= set(IN_INBOX)

    @pytest.mark.parametrize("kind", EVENTS, ids=lambda kind: kind.type)
    def test_are_heard_where_they_are_something(self, kind: type[Event]) -> None:
        if RULES[kind].kind:
            assert kind in HANDLERS


class TestOwnActs:
    async def test_make_no_entry_and_tell_no_page(self, notification: ServiceUnderTest) -> None:
        await notification.receive(HANDLERS, *map(changed, CHANGES))
        assert await inbox(notification) == []
        assert await notification.recorded() == []
        assert await stored(notification) == 0

    async def test_are_kept_for_a_webhook_that_asks(self, notification: ServiceUnderTest) -> None:
        webhook = {"url": "http://127.0.0.1:9/hook", "kinds": ["task.created"]}
        id = (await notification.client.post("/webhooks", json=webhook)).json()["id"]
        envelope, _ = await notification.receive(HANDLERS, event(TaskCreated), event(TaskDeleted))
        deliveries = (await notification.client.get(f"/webhooks/{id}/deliveries")).json()["items"]
        assert [each["notification_id"] for each in deliveries] == [envelope.id]
        assert await inbox(notification) == []
        assert (await notification.client.post(f"/notifications/{envelope.id}/read")).status_code == 404


class TestAnImport:
    async def test_of_a_thousand_tasks_is_one_entry(self, notification: ServiceUnderTest) -> None:
        tasks = [event(TaskCreated, f"task {n}", id=f"t{n}") for n in range(1000)]
        await notification.receive(HANDLERS, *tasks, imported(added=1000, losses=3))
        (entry,) = await inbox(notification)
        assert entry["title"] == "Imported 1,000 tasks from Todoist, 3 things could not be taken over"
        assert (entry["kind"], entry["import_id"], entry["read_at"]) == ("import", "i1", None)

    async def test_that_failed_is_one_entry_that_says_why(self, notification: ServiceUnderTest) -> None:
        await notification.receive(HANDLERS, imported(failure="No room."))
        (entry,) = await inbox(notification)
        assert entry["title"] == "The import from Todoist failed"
        assert entry["text"] == "1 task had been added. No room."

    async def test_is_told_open_pages(self, notification: ServiceUnderTest) -> None:
        (envelope,) = await notification.receive(HANDLERS, imported())
        (event,) = await notification.recorded()
        assert event["type"] == "todo.notification.created.v1"
        assert (event["subject"], event["data"]["user_id"]) == (envelope.id, "ada")

    async def test_that_comes_twice_is_one_entry(self, notification: ServiceUnderTest) -> None:
        (envelope,) = await notification.receive(HANDLERS, imported())
        raw = json.loads(envelope.model_dump_json())
        consumer = EventConsumer(notification.database, Sidecar(1), NoOpTracer(), HANDLERS)
        assert (
            await consumer.consume([parse_message(Topic.TODO_EVENTS, raw)] * 2)
            == [DeliveryStatus.SUCCESS] * 2
        )
        assert len(await inbox(notification)) == 1

    async def test_of_others_is_not_mine(self, notification: ServiceUnderTest) -> None:
        await notification.receive(HANDLERS, imported("bob"))
        assert await inbox(notification) == []


class TestMarkRead:
    async def test_is_kept_and_told_once(self, notification: ServiceUnderTest) -> None:
        (envelope,) = await notification.receive(HANDLERS, imported())
        first, second = [
            (await notification.client.post(f"/notifications/{envelope.id}/read")).json() for _ in range(2)
        ]
        assert first["read_at"]
        assert first == second
        types = [event["type"] for event in await notification.recorded()]
        assert types == ["todo.notification.created.v1", "todo.notification.read.v1"]

    async def test_of_somebody_elses_is_404(self, notification: ServiceUnderTest) -> None:
        (envelope,) = await notification.receive(HANDLERS, imported("bob"))
        response = await notification.client.post(f"/notifications/{envelope.id}/read")
        assert response.status_code == 404


class TestList:
    async def test_keeps_apart_what_is_read(self, notification: ServiceUnderTest) -> None:
        one, two = await notification.receive(HANDLERS, imported(), imported())
        await notification.client.post(f"/notifications/{one.id}/read")
        assert [item["id"] for item in await inbox(notification, "?unread=true")] == [two.id]
        assert [item["id"] for item in await inbox(notification, "?unread=false")] == [one.id]

    async def test_pages(self, notification: ServiceUnderTest) -> None:
        await notification.receive(HANDLERS, *[imported(import_id=str(n)) for n in range(5)])
        first = (await notification.client.get("/notifications?limit=3")).json()
        rest = await inbox(notification, f"?limit=3&cursor={first['next_cursor']}")
        assert [item["import_id"] for item in first["items"] + rest] == ["4", "3", "2", "1", "0"]

    async def test_refuses_the_cursor_of_another_list(self, notification: ServiceUnderTest) -> None:
        await notification.receive(HANDLERS, *[imported() for _ in range(2)])
        cursor = (await notification.client.get("/notifications?limit=1")).json()["next_cursor"]
        response = await notification.client.get(f"/notifications?unread=true&cursor={cursor}")
        assert response.json()["code"] == "cursor-invalid"


class TestErasure:
    async def test_erases_the_user_and_nobody_else(self, notification: ServiceUnderTest) -> None:
        await notification.receive(HANDLERS, imported(), imported("bob"))
        await notification.receive(HANDLERS, UserDeleted(user_id="bob"))
        assert len(await inbox(notification)) == 1
        await notification.receive(HANDLERS, UserDeleted(user_id="ada"))
        assert await inbox(notification) == []
        await notification.receive(HANDLERS, imported())
        assert await inbox(notification) == []
