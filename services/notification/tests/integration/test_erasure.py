"""Nothing of a user is left once the account is gone, nor comes back. On both databases."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import AsyncMock

from notification_service import use_cases
from notification_service.reminders.dispatcher import fire_reminders
from notification_service.reminders.repository import find_recipients
from notification_service.subscriptions import on_tasks_changed, subscriptions
from sqlalchemy import Connection, inspect, text

from conftest import ServiceUnderTest
from contracts.event import wrap
from contracts.task import TaskCreated
from contracts.user import UserDeleted, UserSignedUp
from servicekit.messaging.consumer import EventBatchContext
from services.notification.tests.events import event
from services.notification.tests.integration.test_reminders import fire_at, instant
from services.notification.tests.receivers import Browser
from tests.blocked import until_blocked

HANDLERS = subscriptions.handlers
SIGNED_UP = UserSignedUp(user_id="ada", email="ada@example.org", name="Ada", time_zone="UTC")
GONE = UserDeleted(user_id="ada")
LATER = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=2)
REMINDED = event(TaskCreated, due_at=LATER, reminders=[{"minutes_before": 30}])
PUSH = {"endpoint": "http://127.0.0.1/x", "keys": Browser().keys}
EVENT = "01a20a20-adf2-70f8-90f8-d7d6fc4809a6"
ADDED = (
    ("POST", "/reminders", {"title": "stretch", "at": instant(LATER)}),
    ("POST", "/webhooks", {"url": "http://127.0.0.1/x", "kinds": ["task.created"]}),
    ("POST", "/channels", {"kind": "push"} | PUSH),
    ("PATCH", "/preferences", {"digest_at": f"{LATER + timedelta(hours=6):%H:%M:%S}"}),  # not due by then
)


async def owners(notification: ServiceUnderTest) -> set[str]:
    """Whose rows there are in the tables that say so."""
    async with notification.database.engine.connect() as connection:
        found: set[str] = set()
        for table in await connection.run_sync(_owned):
            found |= set(await connection.scalars(text(f"SELECT user_id FROM {table}")))
        return found


def _owned(connection: Connection) -> list[str]:
    found = inspect(connection)
    columns = {
        table: [each["name"] for each in found.get_columns(table)] for table in found.get_table_names()
    }
    return [table for table, names in columns.items() if "user_id" in names]


async def add_everything(notification: ServiceUnderTest) -> list[int]:
    responses = [await notification.client.request(verb, path, json=body) for verb, path, body in ADDED]
    return [response.status_code for response in responses]


class TestErasure:
    async def test_leaves_nothing_in_any_table(self, notification: ServiceUnderTest) -> None:
        assert await add_everything(notification) == [201, 201, 201, 200]
        await notification.receive(HANDLERS, SIGNED_UP, REMINDED)
        assert await fire_at(notification, LATER) == 2
        assert await owners(notification) == {"ada"}
        await notification.receive(HANDLERS, GONE)
        assert await owners(notification) == set()

    async def test_holds_against_events_that_come_late(self, notification: ServiceUnderTest) -> None:
        await notification.receive(HANDLERS, GONE)
        await notification.receive(HANDLERS, SIGNED_UP, REMINDED, GONE, REMINDED)
        assert await owners(notification) == set()
        async with notification.database.reading() as session:
            assert (await find_recipients(session, ["ada"]))["ada"].email == ""

    async def test_holds_against_a_token_that_has_not_expired(self, notification: ServiceUnderTest) -> None:
        await notification.receive(HANDLERS, GONE)
        assert await add_everything(notification) == [401] * len(ADDED)
        response = await notification.client.patch("/preferences", json={})
        assert response.json()["code"] == "account-gone"
        assert await owners(notification) == set()

    async def test_waits_for_a_task_that_is_being_heard_of(self, notification: ServiceUnderTest) -> None:
        await add_everything(notification)
        envelope: Any = wrap(REMINDED, id=EVENT, source="/", time=datetime.now(UTC), traceparent="")
        async with notification.database.transaction() as session:
            await on_tasks_changed(EventBatchContext([envelope], session, AsyncMock()))
            erasing = asyncio.create_task(notification.receive(HANDLERS, GONE))
            await until_blocked(notification.database)
        await erasing
        assert await owners(notification) == set()

    async def test_waits_for_reminders_that_are_being_fired(self, notification: ServiceUnderTest) -> None:
        await add_everything(notification)
        async with notification.database.transaction() as session:
            await fire_reminders(session, LATER, 100)
            erasing = asyncio.create_task(notification.receive(HANDLERS, GONE))
            await until_blocked(notification.database)
        await erasing
        assert await owners(notification) == set()

    async def test_lets_what_is_added_meanwhile_wait(self, notification: ServiceUnderTest) -> None:
        async with notification.database.transaction() as session:
            await use_cases.purge_user(session, "ada")
            adding = asyncio.create_task(add_everything(notification))
            await until_blocked(notification.database)
        assert await adding == [401] * len(ADDED)
        assert await owners(notification) == set()
