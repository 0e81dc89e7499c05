"""Reminders: planned from what tasks say, fired once, and what the API shows of them. On both databases."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from notification_service.models import ScheduledJob
from notification_service.reminders.dispatcher import fire_reminders
from notification_service.subscriptions import subscriptions
from sqlalchemy import func, select
from sqlmodel import SQLModel

from conftest import ServiceUnderTest
from contracts.task import (
    TaskCompleted,
    TaskCreated,
    TaskDeleted,
    TaskEvent,
    TaskReopened,
    TaskRestored,
    TaskUpdated,
)
from contracts.user import UserDeleted, UserSignedUp, UserUpdated
from services.notification.tests.events import event

HANDLERS = subscriptions.handlers
NOW = datetime.now(UTC).replace(microsecond=0)
DUE = NOW + timedelta(hours=2)
BEFORE = [{"minutes_before": 30}]


async def tell(
    notification: ServiceUnderTest, kind: type[TaskEvent], version: int = 1, **fields: Any
) -> None:
    fields = {"due_at": DUE, "reminders": BEFORE, **fields}
    extra: dict[str, Any] = {"changed": []} if kind is TaskUpdated else {}
    await notification.receive(HANDLERS, event(kind, version=version, extra=extra, **fields))


async def listed(notification: ServiceUnderTest, query: str = "") -> list[dict[str, Any]]:
    response = await notification.client.get(f"/reminders{query}")
    assert response.status_code == 200, response.text
    items: list[dict[str, Any]] = response.json()["items"]
    return items


async def the_one(notification: ServiceUnderTest) -> dict[str, Any]:
    (found,) = await listed(notification)
    return found


async def fire_at(notification: ServiceUnderTest, now: datetime) -> int:
    async with notification.database.transaction() as session:
        return len(await fire_reminders(session, now, 100))


async def count(notification: ServiceUnderTest, table: type[SQLModel]) -> int:
    async with notification.database.reading() as session:
        return await session.scalar(select(func.count()).select_from(table)) or 0


def instant(value: datetime) -> str:
    return f"{value:%Y-%m-%dT%H:%M:%SZ}"


class TestPlanning:
    async def test_a_reminder_of_a_task_is_planned_with_a_scheduled_job(
        self, notification: ServiceUnderTest
    ) -> None:
        await tell(notification, TaskCreated)
        found = await the_one(notification)
        assert (found["state"], found["remind_at"]) == ("planned", instant(DUE - timedelta(minutes=30)))
        assert [(each["kind"], each["state"]) for each in found["receipts"]] == [("inbox", "planned")]
        assert await count(notification, ScheduledJob) == 1

    async def test_many_at_one_instant_share_a_scheduled_job(self, notification: ServiceUnderTest) -> None:
        for number in range(3):
            await tell(notification, TaskCreated, id=f"t{number}")
        assert await count(notification, ScheduledJob) == 1

    async def test_it_moves_with_the_due_date(self, notification: ServiceUnderTest) -> None:
        await tell(notification, TaskCreated)
        before = await the_one(notification)
        await tell(notification, TaskUpdated, 2, due_at=DUE + timedelta(hours=1))
        after = await the_one(notification)
        assert after["id"] == before["id"]
        assert after["remind_at"] == instant(DUE + timedelta(minutes=30))

    async def test_another_wording_is_another_reminder(self, notification: ServiceUnderTest) -> None:
        await tell(notification, TaskCreated)
        await tell(notification, TaskUpdated, 2, reminders=[{"at": DUE}])
        states = {each["minutes_before"]: each["state"] for each in await listed(notification)}
        assert states == {30: "cancelled", None: "planned"}

    @pytest.mark.parametrize(
        ("end", "begin", "fields"),
        [(TaskCompleted, TaskReopened, {"done": True}), (TaskDeleted, TaskRestored, {"deleted_at": NOW})],
    )
    async def test_it_ends_with_its_task_and_comes_back_with_it(
        self,
        notification: ServiceUnderTest,
        end: type[TaskEvent],
        begin: type[TaskEvent],
        fields: dict[str, Any],
    ) -> None:
        await tell(notification, TaskCreated)
        await tell(notification, end, 2, **fields)
        assert (await the_one(notification))["state"] == "cancelled"
        assert await fire_at(notification, DUE) == 0
        await tell(notification, begin, 3)
        assert (await the_one(notification))["state"] == "planned"

    async def test_an_old_version_changes_nothing(self, notification: ServiceUnderTest) -> None:
        await tell(notification, TaskUpdated, 3)
        await tell(notification, TaskCreated, 1, due_at=NOW, reminders=[])
        found = await the_one(notification)
        assert (found["state"], found["remind_at"]) == ("planned", instant(DUE - timedelta(minutes=30)))

    async def test_a_version_that_is_known_changes_nothing(self, notification: ServiceUnderTest) -> None:
        await tell(notification, TaskCreated)
        await tell(notification, TaskUpdated, 1, due_at=DUE + timedelta(hours=1))
        assert (await the_one(notification))["remind_at"] == instant(DUE - timedelta(minutes=30))

    async def test_what_changes_in_the_trash_is_not_reminded_of(self, notification: ServiceUnderTest) -> None:
        await tell(notification, TaskCreated)
        await tell(notification, TaskUpdated, 2, deleted_at=NOW, due_at=DUE + timedelta(hours=1))
        assert (await the_one(notification))["state"] == "cancelled"

    async def test_without_a_due_date_it_waits(self, notification: ServiceUnderTest) -> None:
        await tell(notification, TaskCreated, due_at=None)
        assert (await the_one(notification))["state"] == "waiting"
        await tell(notification, TaskUpdated, 2)
        assert (await the_one(notification))["state"] == "planned"

    async def test_what_was_over_when_it_was_said_never_fires(self, notification: ServiceUnderTest) -> None:
        await tell(notification, TaskCreated, due_at=NOW - timedelta(hours=1))
        assert (await the_one(notification))["state"] == "past"
        assert await fire_at(notification, DUE) == 0

    async def test_a_day_without_a_time_is_due_when_the_day_of_its_owner_starts(
        self, notification: ServiceUnderTest
    ) -> None:
        zone = {"email": "ada@example.com", "name": "", "time_zone": "America/New_York"}
        await notification.receive(HANDLERS, UserSignedUp(user_id="ada", **zone))
        await tell(
            notification, TaskCreated, due_at=None, due_date="2030-07-01", reminders=[{"minutes_before": 0}]
        )
        assert (await the_one(notification))["remind_at"] == "2030-07-01T13:00:00Z"
        await notification.client.patch("/preferences", json={"day_starts_at": "08:00"})
        assert (await the_one(notification))["remind_at"] == "2030-07-01T12:00:00Z"
        await notification.receive(HANDLERS, UserUpdated(user_id="ada", **zone | {"time_zone": "UTC"}))
        assert (await the_one(notification))["remind_at"] == "2030-07-01T08:00:00Z"

    async def test_the_default_reminder_is_for_tasks_that_have_none(
        self, notification: ServiceUnderTest
    ) -> None:
        await notification.client.patch("/preferences", json={"default_reminder": 10})
        await tell(notification, TaskCreated, reminders=[])
        assert (await the_one(notification))["minutes_before"] == 10
        await tell(notification, TaskUpdated, 2)
        states = {each["minutes_before"]: each["state"] for each in await listed(notification)}
        assert states == {10: "cancelled", 30: "planned"}


class TestANewDefault:
    async def _change(self, notification: ServiceUnderTest, minutes: int | None) -> dict[int, str]:
        """Change it; returns states by minutes before due."""
        response = await notification.client.patch("/preferences", json={"default_reminder": minutes})
        assert response.status_code == 200, response.text
        return {each["minutes_before"]: each["state"] for each in await listed(notification)}

    async def test_moves_what_the_old_one_planned(self, notification: ServiceUnderTest) -> None:
        await self._change(notification, 10)
        await tell(notification, TaskCreated, reminders=[])
        assert await self._change(notification, 20) == {10: "cancelled", 20: "planned"}
        assert await fire_at(notification, DUE - timedelta(minutes=20)) == 1
        assert await fire_at(notification, DUE) == 0

    async def test_back_to_the_first_plans_that_again(self, notification: ServiceUnderTest) -> None:
        await self._change(notification, 10)
        await tell(notification, TaskCreated, reminders=[])
        await self._change(notification, 20)
        assert await self._change(notification, 10) == {10: "planned", 20: "cancelled"}

    async def test_reminds_of_tasks_that_were_there_before(self, notification: ServiceUnderTest) -> None:
        await tell(notification, TaskCreated, reminders=[])
        assert await self._change(notification, 10) == {10: "planned"}
        assert await count(notification, ScheduledJob) == 1

    async def test_of_none_ends_them(self, notification: ServiceUnderTest) -> None:
        await self._change(notification, 10)
        await tell(notification, TaskCreated, reminders=[])
        assert await self._change(notification, None) == {10: "cancelled"}

    async def test_that_would_be_over_leaves_the_old_one(self, notification: ServiceUnderTest) -> None:
        await self._change(notification, 10)
        await tell(notification, TaskCreated, reminders=[])
        assert await self._change(notification, 24 * 60) == {10: "planned"}

    @pytest.mark.parametrize(
        "fields",
        [
            {"reminders": BEFORE},
            {"reminders": [], "done": True},
            {"reminders": [], "due_at": None, "due_date": "2030-07-01"},
            {"reminders": [], "due_at": NOW - timedelta(hours=1)},
        ],
        ids=["own reminders", "done", "no time", "over"],
    )
    async def test_is_not_for_others(self, notification: ServiceUnderTest, fields: dict[str, Any]) -> None:
        await tell(notification, TaskCreated, **fields)
        before = await listed(notification)
        await self._change(notification, 0)
        assert await listed(notification) == before

    async def test_leaves_what_has_fired(self, notification: ServiceUnderTest) -> None:
        await self._change(notification, 30)
        await tell(notification, TaskCreated, reminders=[])
        await fire_at(notification, DUE - timedelta(minutes=30))
        assert await self._change(notification, 10) == {30: "due", 10: "planned"}

    async def test_is_not_for_somebody_elses_tasks(self, notification: ServiceUnderTest) -> None:
        await tell(notification, TaskCreated, user="bob", reminders=[])
        assert await self._change(notification, 10) == {}
        assert await count(notification, ScheduledJob) == 0


class TestFiring:
    async def test_puts_one_entry_into_the_inbox_and_tells_it(self, notification: ServiceUnderTest) -> None:
        await tell(notification, TaskUpdated)
        assert await fire_at(notification, DUE - timedelta(minutes=31)) == 0
        assert await fire_at(notification, DUE - timedelta(minutes=30)) == 1
        assert await fire_at(notification, DUE) == 0
        (entry,) = (await notification.client.get("/notifications")).json()["items"]
        reminder = await the_one(notification)
        assert (entry["kind"], entry["title"], entry["late"]) == ("reminder", "milk", False)
        assert (entry["reminder_id"], entry["due_at"]) == (reminder["id"], instant(DUE))
        (event,) = await notification.recorded()
        assert (event["subject"], event["data"]["reminder_id"]) == (entry["id"], reminder["id"])

    async def test_after_downtime_is_marked_late(self, notification: ServiceUnderTest) -> None:
        await tell(notification, TaskUpdated)
        assert await fire_at(notification, DUE + timedelta(days=2)) == 1
        assert (await the_one(notification))["late"] is True
        (entry,) = (await notification.client.get("/notifications")).json()["items"]
        assert entry["late"] is True

    async def test_again_after_it_was_moved(self, notification: ServiceUnderTest) -> None:
        await tell(notification, TaskUpdated)
        await fire_at(notification, DUE)
        await tell(notification, TaskUpdated, 2, due_at=DUE + timedelta(days=1))
        moved = await the_one(notification)
        assert (moved["state"], moved["fired_at"], moved["late"]) == ("planned", None, False)
        assert await fire_at(notification, DUE + timedelta(days=1)) == 1
        assert len((await notification.client.get("/notifications")).json()["items"]) == 2

    async def test_takes_no_more_than_a_batch(self, notification: ServiceUnderTest) -> None:
        for number in range(3):
            await tell(notification, TaskUpdated, id=f"t{number}")
        async with notification.database.transaction() as session:
            assert len(await fire_reminders(session, DUE, 2)) == 2
        assert await fire_at(notification, DUE) == 1

    async def test_reading_the_entry_opens_the_receipt(self, notification: ServiceUnderTest) -> None:
        await tell(notification, TaskUpdated)
        await fire_at(notification, DUE)
        (receipt,) = (await the_one(notification))["receipts"]
        assert (receipt["kind"], receipt["state"]) == ("inbox", "delivered")
        (entry,) = (await notification.client.get("/notifications")).json()["items"]
        await notification.client.post(f"/notifications/{entry['id']}/read")
        (receipt,) = (await the_one(notification))["receipts"]
        assert receipt["state"] == "opened"
        assert receipt["opened_at"]

    async def test_is_what_the_scheduler_asks_for(self, notification: ServiceUnderTest) -> None:
        soon = datetime.now(UTC) + timedelta(seconds=2)
        await tell(notification, TaskUpdated, due_at=soon, reminders=[{"minutes_before": 0}])
        response = await notification.client.post(f"/job/due-{soon.timestamp():.0f}")
        assert response.status_code == 200
        assert (await the_one(notification))["state"] == "due"
        assert await count(notification, ScheduledJob) == 0


class TestOwn:
    async def test_of_a_task_follows_it(self, notification: ServiceUnderTest) -> None:
        await tell(notification, TaskCreated, reminders=[])
        body = {"task_id": "t1", "minutes_before": 5}
        made = await notification.client.post("/reminders", json=body)
        assert made.status_code == 201, made.text
        assert made.json()["remind_at"] == instant(DUE - timedelta(minutes=5))
        await tell(notification, TaskUpdated, 2, due_at=DUE + timedelta(hours=1), reminders=[])
        assert (await the_one(notification))["remind_at"] == instant(DUE + timedelta(minutes=55))
        await tell(notification, TaskCompleted, 3, done=True, reminders=[])
        assert (await the_one(notification))["state"] == "cancelled"

    async def test_of_nothing_needs_a_title(self, notification: ServiceUnderTest) -> None:
        body = {"at": instant(DUE)}
        assert (await notification.client.post("/reminders", json=body)).status_code == 422
        made = await notification.client.post("/reminders", json=body | {"title": "stretch"})
        assert (made.json()["title"], made.json()["state"]) == ("stretch", "planned")

    @pytest.mark.parametrize(
        "body",
        [
            {},
            {"title": "x", "at": "2020-01-01T00:00:00Z"},
            {"title": "x", "at": "2030-01-01T00:00:00"},
            {"title": "x", "at": "9999-12-31T23:59:59-12:00"},
            {"task_id": "unknown", "minutes_before": 5},
            {"title": "x", "minutes_before": 5},
        ],
    )
    async def test_that_can_never_fire_is_refused(
        self, notification: ServiceUnderTest, body: dict[str, Any]
    ) -> None:
        assert (await notification.client.post("/reminders", json=body)).status_code == 422
        assert await listed(notification) == []

    async def test_can_be_cancelled(self, notification: ServiceUnderTest) -> None:
        made = (await notification.client.post("/reminders", json={"title": "x", "at": instant(DUE)})).json()
        assert (await notification.client.delete(f"/reminders/{made['id']}")).status_code == 204
        assert (await the_one(notification))["state"] == "cancelled"
        assert await fire_at(notification, DUE) == 0

    async def test_of_somebody_else_is_404(self, notification: ServiceUnderTest) -> None:
        made = (await notification.client.post("/reminders", json={"title": "x", "at": instant(DUE)})).json()
        as_bob = {"authorization": "Bearer bob"}
        for method, path in [("GET", ""), ("DELETE", ""), ("POST", "/snooze")]:
            url = f"/reminders/{made['id']}{path}"
            response = await notification.client.request(
                method, url, headers=as_bob, json={} if path else None
            )
            assert response.status_code == 404

    async def test_of_a_task_are_not_ended_here(self, notification: ServiceUnderTest) -> None:
        await tell(notification, TaskCreated)
        response = await notification.client.delete(f"/reminders/{(await the_one(notification))['id']}")
        assert (response.status_code, response.json()["code"]) == (409, "reminder-follows")

    async def test_are_paged(self, notification: ServiceUnderTest) -> None:
        for number in range(5):
            at = instant(DUE + timedelta(seconds=number))
            await notification.client.post("/reminders", json={"title": str(number), "at": at})
        first = (await notification.client.get("/reminders?limit=3")).json()
        rest = await listed(notification, f"?limit=3&cursor={first['next_cursor']}")
        assert [item["title"] for item in first["items"] + rest] == ["4", "3", "2", "1", "0"]


class TestDigest:
    async def test_tells_the_day_and_plans_the_next_one(self, notification: ServiceUnderTest) -> None:
        account = {"email": "ada@example.com", "name": "", "time_zone": "UTC"}
        await notification.receive(HANDLERS, UserSignedUp(user_id="ada", **account))
        today = datetime.now(UTC).date()
        for number, days in enumerate([0, 0, -1, 1]):
            day = today + timedelta(days=days)
            await tell(notification, TaskUpdated, id=f"t{number}", due_at=None, due_date=day, reminders=[])
        at = datetime.now(UTC).replace(hour=23, minute=59, second=59, microsecond=0)
        await notification.client.patch("/preferences", json={"digest_at": "23:59:59"})
        assert await fire_at(notification, at) == 1
        (entry,) = (await notification.client.get("/notifications")).json()["items"]
        assert (entry["kind"], entry["title"]) == ("digest", "Your day: 2 due today, 1 overdue")
        assert entry["text"].count("milk") == 3
        digest = await the_one(notification)
        assert (digest["state"], digest["remind_at"]) == ("planned", instant(at + timedelta(days=1)))


class TestErasure:
    async def test_leaves_nothing_to_fire(self, notification: ServiceUnderTest) -> None:
        await tell(notification, TaskCreated)
        await tell(notification, TaskCreated, id="t2", user="bob")
        await notification.receive(HANDLERS, UserDeleted(user_id="ada"))
        assert await listed(notification) == []
        assert await fire_at(notification, DUE) == 1

    async def test_holds_against_an_event_that_comes_late(self, notification: ServiceUnderTest) -> None:
        await notification.receive(HANDLERS, UserDeleted(user_id="ada"))
        await tell(notification, TaskCreated)
        assert await listed(notification) == []
        assert (await notification.client.get("/notifications")).json()["items"] == []
