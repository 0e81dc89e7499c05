"""A reminder that fires is told to open pages, and can be put off. On both databases."""

from datetime import timedelta
from typing import Any

from conftest import ServiceUnderTest
from contracts.task import TaskUpdated
from services.notification.tests.integration.test_reminders import DUE, fire_at, instant, tell, the_one


class TestSnooze:
    async def _fired(self, notification: ServiceUnderTest) -> dict[str, Any]:
        await tell(notification, TaskUpdated)
        await fire_at(notification, DUE)
        return await the_one(notification)

    async def test_reminds_once_more(self, notification: ServiceUnderTest) -> None:
        reminder = await self._fired(notification)
        again = await notification.client.post(f"/reminders/{reminder['id']}/snooze", json={"minutes": 5})
        assert again.status_code == 201
        assert again.json()["title"] == "milk"
        assert await fire_at(notification, DUE) == 1
        assert len((await notification.client.get("/notifications")).json()["items"]) == 2

    async def test_on_two_pages_reminds_once(self, notification: ServiceUnderTest) -> None:
        reminder = await self._fired(notification)
        path = f"/reminders/{reminder['id']}/snooze"
        first, second = [
            (await notification.client.post(path, json={"minutes": minutes})).json() for minutes in (5, 30)
        ]
        assert first["id"] == second["id"]
        assert first["remind_at"] < second["remind_at"]
        assert await fire_at(notification, DUE) == 1

    async def test_reads_the_entry_and_tells_other_pages(self, notification: ServiceUnderTest) -> None:
        reminder = await self._fired(notification)
        await notification.client.post(f"/reminders/{reminder['id']}/snooze", json={"minutes": 5})
        assert (await notification.client.get("/notifications?unread=true")).json()["items"] == []
        types = [event["type"] for event in await notification.recorded()]
        assert types == ["todo.notification.created.v1", "todo.notification.read.v1"]

    async def test_can_be_snoozed_itself(self, notification: ServiceUnderTest) -> None:
        reminder = await self._fired(notification)
        for _ in range(2):
            path = f"/reminders/{reminder['id']}/snooze"
            reminder = (await notification.client.post(path, json={"minutes": 5})).json()
            assert await fire_at(notification, DUE) == 1
        assert len((await notification.client.get("/notifications")).json()["items"]) == 3


class TestTheEventOfAFiring:
    async def test_holds_what_an_open_page_shows(self, notification: ServiceUnderTest) -> None:
        await tell(notification, TaskUpdated, due_date=DUE.date())
        await fire_at(notification, DUE)
        reminder = await the_one(notification)
        (event,) = await notification.recorded()
        shown = {
            name: event["data"][name] for name in ("kind", "title", "task_id", "reminder_id", "due_date")
        }
        assert shown == {
            "kind": "reminder",
            "title": "milk",
            "task_id": "t1",
            "reminder_id": reminder["id"],
            "due_date": DUE.date().isoformat(),
        }
        assert event["data"]["due_at"] == instant(DUE)

    async def test_of_a_day_without_a_time_has_the_day(self, notification: ServiceUnderTest) -> None:
        day = (DUE + timedelta(days=2)).date()
        await tell(notification, TaskUpdated, due_at=None, due_date=day)
        await fire_at(notification, DUE + timedelta(days=4))
        (event,) = await notification.recorded()
        assert (event["data"]["due_at"], event["data"]["due_date"]) == (None, day.isoformat())
