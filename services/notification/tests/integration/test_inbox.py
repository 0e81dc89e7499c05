"""The inbox: what events put into it, and what the API shows of it. On both databases."""

from typing import Any

from notification_service.models import Delivery
from notification_service.subscriptions import subscriptions
from sqlalchemy import select

from conftest import ServiceUnderTest
from contracts.task import TaskCompleted, TaskCreated, TaskDeleted, TaskReopened, TaskUpdated
from contracts.user import UserDeleted
from services.notification.tests.events import event

HANDLERS = subscriptions.handlers


async def inbox(notification: ServiceUnderTest, query: str = "") -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await notification.client.get(f"/notifications{query}")).json()["items"]
    return items


class TestTaskEvents:
    async def test_are_put_into_the_inbox_newest_first(self, notification: ServiceUnderTest) -> None:
        events = [event(kind) for kind in (TaskCreated, TaskCompleted, TaskReopened, TaskDeleted)]
        envelopes = await notification.receive(HANDLERS, *events)
        found = await inbox(notification)
        assert [item["kind"] for item in found] == [
            "task.deleted",
            "task.reopened",
            "task.completed",
            "task.created",
        ]
        assert [item["id"] for item in found] == [envelope.id for envelope in envelopes[::-1]]
        assert {(item["title"], item["task_id"], item["read_at"]) for item in found} == {("milk", "t1", None)}

    async def test_are_told_again_as_notifications(self, notification: ServiceUnderTest) -> None:
        (envelope,) = await notification.receive(HANDLERS, event(TaskCreated))
        (told,) = await notification.recorded()
        assert told["type"] == "todo.notification.created.v1"
        assert (told["subject"], told["data"]["user_id"]) == (envelope.id, "ada")

    async def test_have_no_receipt(self, notification: ServiceUnderTest) -> None:
        await notification.receive(HANDLERS, event(TaskCreated))
        async with notification.database.reading() as session:
            assert (await session.scalars(select(Delivery))).all() == []

    async def test_of_edits_are_not(self, notification: ServiceUnderTest) -> None:
        await notification.receive(HANDLERS, event(TaskUpdated, extra={"changed": ["title"]}))
        assert await inbox(notification) == []

    async def test_of_others_are_not_mine(self, notification: ServiceUnderTest) -> None:
        await notification.receive(HANDLERS, event(TaskCreated, user="bob"))
        assert await inbox(notification) == []


class TestMarkRead:
    async def test_is_kept_and_told_once(self, notification: ServiceUnderTest) -> None:
        (envelope,) = await notification.receive(HANDLERS, event(TaskCreated))
        first, second = [
            (await notification.client.post(f"/notifications/{envelope.id}/read")).json() for _ in range(2)
        ]
        assert first["read_at"]
        assert first == second
        types = [told["type"] for told in await notification.recorded()]
        assert types == ["todo.notification.created.v1", "todo.notification.read.v1"]

    async def test_of_somebody_elses_is_404(self, notification: ServiceUnderTest) -> None:
        (envelope,) = await notification.receive(HANDLERS, event(TaskCreated, user="bob"))
        answer = await notification.client.post(f"/notifications/{envelope.id}/read")
        assert answer.status_code == 404


class TestList:
    async def test_keeps_apart_what_is_read(self, notification: ServiceUnderTest) -> None:
        one, two = await notification.receive(HANDLERS, event(TaskCreated, "one"), event(TaskCreated, "two"))
        await notification.client.post(f"/notifications/{one.id}/read")
        assert [item["id"] for item in await inbox(notification, "?unread=true")] == [two.id]
        assert [item["id"] for item in await inbox(notification, "?unread=false")] == [one.id]

    async def test_pages(self, notification: ServiceUnderTest) -> None:
        await notification.receive(HANDLERS, *[event(TaskCreated, str(n)) for n in range(5)])
        first = (await notification.client.get("/notifications?limit=3")).json()
        rest = await inbox(notification, f"?limit=3&cursor={first['next_cursor']}")
        assert [item["title"] for item in first["items"] + rest] == ["4", "3", "2", "1", "0"]

    async def test_refuses_the_cursor_of_another_list(self, notification: ServiceUnderTest) -> None:
        await notification.receive(HANDLERS, *[event(TaskCreated, str(n)) for n in range(2)])
        cursor = (await notification.client.get("/notifications?limit=1")).json()["next_cursor"]
        answer = await notification.client.get(f"/notifications?unread=true&cursor={cursor}")
        assert answer.json()["code"] == "cursor-invalid"


class TestErasure:
    async def test_erases_the_user_and_nobody_else(self, notification: ServiceUnderTest) -> None:
        await notification.receive(HANDLERS, event(TaskCreated), event(TaskCreated, user="bob"))
        await notification.receive(HANDLERS, UserDeleted(user_id="bob"))
        assert len(await inbox(notification)) == 1
        await notification.receive(HANDLERS, UserDeleted(user_id="ada"))
        assert await inbox(notification) == []
