"""What waits that should be done by now is counted. On both databases."""

from datetime import timedelta

from notification_service.overdue import sample_overdue
from prometheus_client import REGISTRY

from conftest import ServiceUnderTest
from services.notification.tests.integration.test_channels import add_webhook, remind
from services.notification.tests.integration.test_reminders import DUE, instant


def read_metric(name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(name, labels)


class TestOverdue:
    async def test_counts_reminders_nobody_fired(self, notification: ServiceUnderTest) -> None:
        await notification.client.post("/reminders", json={"title": "stretch", "at": instant(DUE)})
        await sample_overdue(notification.database, DUE + timedelta(seconds=59))
        assert read_metric("todo_reminders_overdue") == 0
        await sample_overdue(notification.database, DUE + timedelta(seconds=61))
        assert read_metric("todo_reminders_overdue") == 1

    async def test_counts_deliveries_nobody_took(self, notification: ServiceUnderTest) -> None:
        await add_webhook(notification, "http://127.0.0.1:9/hook")
        await remind(notification)
        await sample_overdue(notification.database, DUE + timedelta(seconds=61))
        assert read_metric("todo_deliveries_overdue", channel="webhook") == 1
        assert read_metric("todo_deliveries_overdue", channel="email") == 0
        assert read_metric("todo_reminders_overdue") == 0
        await sample_overdue(notification.database, DUE + timedelta(seconds=59))
        assert read_metric("todo_deliveries_overdue", channel="webhook") == 0
