"""What a user is told of channels that fail. On both databases."""

from datetime import timedelta

from notification_service.channels.delivery_job import SendResult
from notification_service.channels.delivery_worker import record_result
from notification_service.channels.repository import lock_any_delivery
from notification_service.channels.use_cases import make_due_again

from conftest import ServiceUnderTest
from services.notification.tests.integration.test_channels import add_webhook, entries, receipt, remind
from services.notification.tests.integration.test_reminders import DUE


class TestGivingUp:
    async def test_is_one_entry_a_day_for_each_channel(self, notification: ServiceUnderTest) -> None:
        webhook = await add_webhook(notification, "http://127.0.0.1:9/hook")
        await remind(notification)
        id = (await receipt(notification, "webhook"))["id"]
        for day in (1, 1, 2):
            async with notification.database.transaction() as session:
                delivery = await lock_any_delivery(session, id)
                assert delivery
                make_due_again(delivery, DUE)
            async with notification.database.transaction() as session:
                result = SendResult("retry", "the receiver answered 500", 500)
                await record_result(session, id, result, DUE + timedelta(days=day))
        *failing, reminder = await entries(notification)
        assert [(each["kind"], each["channel_id"]) for each in failing] == [
            ("channel.failing", webhook["id"])
        ] * 2
        assert failing[0]["title"] == "Your webhook at 127.0.0.1: not delivered"
        assert "the receiver answered 500" in failing[0]["text"]
        assert reminder["kind"] == "reminder"
