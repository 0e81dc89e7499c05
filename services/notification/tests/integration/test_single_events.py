"""An event that comes alone costs as many round trips as it has to. On PostgreSQL."""

from typing import Any

import pytest
from notification_service.subscriptions import subscriptions

from conftest import ServiceUnderTest
from contracts.task import TaskCreated, TaskEvent, TaskUpdated
from services.notification.tests.events import event
from tests.statements import statements


@pytest.fixture(autouse=True)
def postgres(notification: ServiceUnderTest) -> None:
    if notification.database.is_sqlite:
        pytest.skip("SQLite has no round trips")


async def statements_of(notification: ServiceUnderTest, event: TaskEvent) -> list[str]:
    with statements(notification) as seen:
        await notification.receive(subscriptions.handlers, event)
    return seen


class TestOfATask:
    @pytest.mark.parametrize(
        ("fields", "number"),
        [({}, 4), ({"due_date": "2030-01-01"}, 4), ({"reminders": [{"minutes_before": 5}]}, 5)],
    )
    async def test_that_is_new_takes_few_statements(
        self, notification: ServiceUnderTest, fields: dict[str, Any], number: int
    ) -> None:
        await notification.receive(subscriptions.handlers, event(TaskCreated, id="t0"))
        seen = await statements_of(notification, event(TaskCreated, **fields))
        assert len(seen) == number, seen

    async def test_that_has_reminders_looks_at_them(self, notification: ServiceUnderTest) -> None:
        reminders = [{"minutes_before": 5}]
        await notification.receive(subscriptions.handlers, event(TaskCreated, reminders=reminders))
        seen = await statements_of(
            notification, event(TaskUpdated, version=2, reminders=reminders, extra={"changed": ["title"]})
        )
        assert len(seen) == 5, seen
